"""Times what a trainer does for Espalier at a step; run where transformers is.

It prints seconds: of a post of Hugging Face's callback, of a step end without one, and of a report
by the library together with the question whether to stop.
"""

import json
import statistics
import time
from collections.abc import Callable

from espalier_report import report, should_prune
from hugging_face import Training
from transformers.integrations import KubeflowCallback

POSTS = 200
STEPS = 2000

training = Training({"steps": 10, "epochs": 1, "logging": 1, "eval": 0, "posts": 1}, [])
callback = KubeflowCallback()
training.state.epoch = 0.5
training.state.global_step = 5
callback.on_train_begin(training.args, training.state, training.control)
count = iter(range(POSTS + STEPS * 2))


def step_end() -> None:
    logs = {"loss": 1.0 / (1 + next(count)), "epoch": 0.5, "learning_rate": 0.1, "grad_norm": 1.0}
    callback.on_log(training.args, training.state, training.control, logs)
    callback.on_step_end(training.args, training.state, training.control)


def reported() -> None:
    report(next(count), 0.5, loss=0.1)
    should_prune()


def seconds(of: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        of()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


KubeflowCallback._MIN_UPDATE_INTERVAL = 0.0
post = seconds(step_end, POSTS)
KubeflowCallback._MIN_UPDATE_INTERVAL = 1e9
print(
    json.dumps({"post": post, "step": seconds(step_end, STEPS), "report": seconds(reported, STEPS)})
)

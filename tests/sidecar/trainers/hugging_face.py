"""A training as Hugging Face's Trainer runs it, without a model; run where transformers is.

The order of the calls is the Trainer's own (`_inner_training_loop` of transformers 5.24), and so
are the classes that are called. It prints what was logged: one line of JSON each.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

from transformers.integrations import KubeflowCallback
from transformers.trainer_callback import (
    CallbackHandler,
    DefaultFlowCallback,
    TrainerControl,
    TrainerState,
)
from transformers.trainer_utils import IntervalStrategy, SaveStrategy

EVERY = -1.0
NEVER = 1e9


class Training:
    """What a Trainer does around its model.

    `plan` has `steps` (of an epoch), `epochs`, `logging` and `eval` (every so many steps; 0 for
    each epoch), and `posts`: how many steps are as long as the five seconds between two posts.
    """

    def __init__(self, plan: dict[str, Any], callbacks: list[Any]) -> None:
        self.plan = plan
        self.args = SimpleNamespace(
            logging_first_step=False,
            logging_strategy=_strategy(plan["logging"]),
            eval_strategy=_strategy(plan["eval"]),
            save_strategy=SaveStrategy.NO,
            eval_delay=0,
            world_size=1,
        )
        self.state = TrainerState(
            max_steps=plan["steps"] * plan["epochs"],
            logging_steps=plan["logging"],
            eval_steps=plan["eval"],
        )
        self.control = TrainerControl()
        self.handler = CallbackHandler([DefaultFlowCallback, *callbacks], None, None, None, None)
        self.logged = 0

    def run(self) -> None:
        state, handler, control = self.state, self.handler, self.control
        handler.on_train_begin(self.args, state, control)
        for epoch in range(self.plan["epochs"]):
            control = handler.on_epoch_begin(self.args, state, control)
            for step in range(self.plan["steps"]):
                control = handler.on_step_begin(self.args, state, control)
                state.global_step += 1
                state.epoch = epoch + (step + 1) / self.plan["steps"]
                due = state.global_step % self.plan["posts"] == 0
                KubeflowCallback._MIN_UPDATE_INTERVAL = EVERY if due else NEVER
                control = handler.on_step_end(self.args, state, control)
                self._log_and_evaluate()
                if control.should_training_stop:
                    break
            control = handler.on_epoch_end(self.args, state, control)
            self._log_and_evaluate()
            if control.should_training_stop:
                break
        self._log({"train_runtime": 1.5, "train_loss": 0.123, "total_flos": 0})
        handler.on_train_end(self.args, state, control)

    def _log_and_evaluate(self) -> None:
        step = self.state.global_step
        if self.control.should_log and step > self.logged:
            self.logged = step
            self._log({"loss": 1 / step, "grad_norm": 1.0, "learning_rate": 0.1 / step})
        if self.control.should_evaluate:
            accuracy = 0.5 if step % 3 else 0.75
            runtime = {"eval_runtime": 1 + step / 1e4, "eval_samples_per_second": 7.0}
            loss = float("nan") if step == 6 else 2 / step
            self._log({"eval_loss": loss, "eval_accuracy": accuracy, **runtime})
            self.handler.on_evaluate(self.args, self.state, self.control, {})

    def _log(self, logs: dict[str, float]) -> None:
        logs["epoch"] = self.state.epoch
        print(json.dumps({**logs, "step": self.state.global_step}), flush=True)
        self.handler.on_log(self.args, self.state, self.control, logs)


def _strategy(every: int) -> IntervalStrategy:
    return IntervalStrategy.STEPS if every else IntervalStrategy.EPOCH


if __name__ == "__main__":
    Training(json.loads(sys.argv[1]), [KubeflowCallback]).run()

"""What Hugging Face's Trainer prints: its own callback, in the order of the Trainer's calls."""

import json
import sys

from transformers.trainer_callback import ProgressCallback, TrainerState

callback = ProgressCallback()
state = TrainerState(max_steps=600, is_world_process_zero=True)
rows: list = []


def log(**logs: float) -> None:
    rows.extend((name, logs["epoch"], each) for name, each in logs.items() if name != "epoch")
    callback.on_log(None, state, None, logs=dict(logs))


callback.on_train_begin(None, state, None)
for epoch in (1.0, 2.0, 3.0):
    for _ in range(200):
        state.global_step += 1
        callback.on_step_end(None, state, None)
    log(loss=1.5 / epoch, grad_norm=0.512, epoch=epoch)
    for _ in range(50):
        callback.on_prediction_step(None, state, None, eval_dataloader=range(50))
    log(eval_loss=0.9123 / epoch, eval_accuracy=0.3 * epoch, epoch=epoch)
    callback.on_evaluate(None, state, None)
callback.on_train_end(None, state, None)
with open(sys.argv[1], "w") as file:
    json.dump(rows, file)

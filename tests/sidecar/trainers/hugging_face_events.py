"""Hugging Face's own TensorBoardCallback, called as its Trainer does; run where transformers is.

Prints what it logged: one JSON object a line. Where it writes is in TENSORBOARD_LOGGING_DIR.
"""

import json
from types import SimpleNamespace

import numpy as np
from transformers.integrations import TensorBoardCallback
from transformers.trainer_callback import TrainerControl, TrainerState

ARGS = SimpleNamespace(output_dir="output", to_json_string=lambda: "{}")


def main() -> None:
    callback, state, control = TensorBoardCallback(), TrainerState(), TrainerControl()
    callback.on_train_begin(ARGS, state, control)
    for step in range(10, 60, 10):
        state.global_step = step
        logs = {"loss": float(np.float32(1 / step)), "learning_rate": float(np.float32(5e-5))}
        evaluated = {"eval_loss": float(np.float32(2 / step)), "eval_runtime": 1.5}
        callback.on_log(ARGS, state, control, logs={**logs, "epoch": step / 50})
        callback.on_log(ARGS, state, control, logs={**evaluated, "epoch": step / 50})
        for name, value in logs.items():
            print(json.dumps([f"train/{name}", step, value]))
        for name, value in evaluated.items():
            print(json.dumps([f"eval/{name.removeprefix('eval_')}", step, value]))
        print(json.dumps(["train/epoch", step, float(np.float32(step / 50))]))
    callback.on_train_end(ARGS, state, control)


main()

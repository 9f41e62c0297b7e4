"""A training as those that use torch.utils.tensorboard, whose class tensorboardX's is; run there.

Prints what it logged: one JSON object a line. The argument is the directory that it writes into.
"""

import json
import sys

import numpy as np
from tensorboardX import SummaryWriter


def main(directory: str) -> None:
    chance = np.random.default_rng(0)
    for run, first in (("first", 0), ("resumed", 15)):
        writer = SummaryWriter(f"{directory}/{run}", flush_secs=1)
        writer.add_text("hyperparameters", "lr 0.1", 0)
        writer.add_hparams({"lr": 0.1}, {"hparam/accuracy": 0.5})
        for step in range(first, 30):
            loss, accuracy = float(np.float32(1 / (step + 1.5))), float(np.float32(step / 31))
            writer.add_scalar("train/loss", loss, step)
            writer.add_histogram("weights", chance.normal(size=2000), step, bins="auto")
            if step % 5 == 4:
                writer.add_scalar("val-acc.top", accuracy, step)
                writer.add_image("image", chance.integers(0, 255, (3, 90, 90), np.uint8), step)
                writer.add_scalars("f1", {"best": accuracy, "val": loss}, step)
            if run == "first" or step >= 25:
                print(json.dumps(["train/loss", step, loss]))
                if step % 5 == 4:
                    print(json.dumps(["val-acc.top", step, accuracy]))
                    print(json.dumps(["f1/best", step, accuracy]))
                    print(json.dumps(["f1/val", step, loss]))
            if run == "first" and step == 24:
                break
        writer.close()
    print(json.dumps(["hparam/accuracy", 0, 0.5]))


main(sys.argv[1])

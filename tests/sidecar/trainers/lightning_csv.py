"""A training that logs with Lightning's own CSVLogger, as its Trainer makes it log.

`lightning_csv.py FOLDER RUNS`: prints what it logs, a value a line, as JSON.
"""

import json
import sys
import time

import no_torch  # noqa: F401
from lightning_fabric.loggers import CSVLogger


def log(logger, step, **values):
    logger.log_metrics(values, step)
    for name, value in values.items():
        print(json.dumps([name.replace("__", "/"), step, value]), flush=True)


def main(folder, runs):
    for run in range(runs):
        logger = CSVLogger(folder, flush_logs_every_n_steps=2)
        for epoch in range(4):
            for batch in range(5):
                # Another run goes on where the one before has ended.
                step = (run * 4 + epoch) * 5 + batch
                log(logger, step, epoch=epoch, train_loss=1 / (step + 1))
                time.sleep(0.005)
            log(logger, step, epoch=epoch, val_loss=0.9 / (epoch + 1), val_acc=epoch / 7)
            logger.save()
            if epoch == 2:
                log(logger, step, lr=0.1 / 3)
        logger.finalize("success")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

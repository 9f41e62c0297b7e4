"""Trainings of XGBoost and LightGBM that print as they do by themselves; a file has the truth."""

import json
import sys

import numpy as np

which, logged = sys.argv[1:]
rng = np.random.default_rng(0)
x = rng.random((200, 4))
y = (x.sum(1) + rng.normal(0, 0.3, 200) > 2).astype(int)
rows: list = []
kept: dict = {}
if which == "XGBoost":
    import xgboost

    train, valid = xgboost.DMatrix(x[:150], y[:150]), xgboost.DMatrix(x[150:], y[150:])
    settings = {"objective": "binary:logistic", "eval_metric": ["auc", "logloss"], "nthread": 1}
    watched = [(train, "train"), (valid, "valid")]
    xgboost.train(settings, train, 12, watched, evals_result=kept, early_stopping_rounds=3)
    join, first = "-", 0
else:
    import lightgbm

    train = lightgbm.Dataset(x[:150], y[:150])
    valid = lightgbm.Dataset(x[150:], y[150:], reference=train)
    settings = {"objective": "binary", "metric": ["auc", "binary_logloss"], "num_threads": 1}
    callbacks = [
        lightgbm.log_evaluation(1),
        lightgbm.record_evaluation(kept),
        lightgbm.early_stopping(4),
    ]
    lightgbm.train(settings, train, 30, [valid], callbacks=callbacks)
    join, first = "'s ", 1
for data, metrics in kept.items():
    for metric, values in metrics.items():
        rows += [(f"{data}{join}{metric}", at + first, value) for at, value in enumerate(values)]
with open(logged, "w") as file:
    json.dump(rows, file)

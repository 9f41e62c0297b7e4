"""A training with XGBoost and the report library; run where XGBoost is.

It prints what XGBoost has kept of each round.
"""

import json
import os

import numpy as np
import xgboost
from espalier_report import xgboost_callback

rng = np.random.default_rng(0)
x, y = rng.normal(size=(200, 5)), rng.integers(0, 2, 200)
data, valid = xgboost.DMatrix(x[:150], y[:150]), xgboost.DMatrix(x[150:], y[150:])


class Waits(xgboost.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        if os.environ.get("WAIT_FOR_PRUNE") and epoch == 2:
            while not os.path.exists(os.environ["ESPALIER_PRUNE_FILE"]):
                pass
        return False


kept: dict = {}
xgboost.train(
    {"objective": "binary:logistic", "eval_metric": ["auc", "logloss"], "nthread": 1},
    data,
    num_boost_round=6,
    evals=[(data, "train"), (valid, "valid")],
    evals_result=kept,
    verbose_eval=False,
    callbacks=[Waits(), xgboost_callback(metric="valid-auc")],
)
for at, auc in enumerate(kept["valid"]["auc"]):
    row = {"val_accuracy": auc, "valid-logloss": kept["valid"]["logloss"][at]}
    row |= {f"train-{name}": kept["train"][name][at] for name in ("auc", "logloss")}
    print(json.dumps({"step": at + 1, **row}), flush=True)
if not os.environ.get("WAIT_FOR_PRUNE"):
    xgboost.cv({"nthread": 1}, data, 2, nfold=2, callbacks=[xgboost_callback(metric="no")])

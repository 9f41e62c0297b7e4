"""Boosted trees on the breast cancer data; XGBoost prints what it evaluates."""

import argparse
import time

import xgboost as xgb
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--eta", type=float, default=0.1)
parser.add_argument("--rounds", type=int, default=30)
options = parser.parse_args()


class Slow(xgb.callback.TrainingCallback):
    """A larger data set would take this long."""

    def after_iteration(self, model, epoch, evals_log):
        time.sleep(0.7)
        return False


features, labels = load_breast_cancer(return_X_y=True)
seen, held_out, truth, unseen = train_test_split(features, labels, random_state=0)
train, valid = xgb.DMatrix(seen, truth), xgb.DMatrix(held_out, unseen)
xgb.train(
    {"objective": "binary:logistic", "eta": options.eta, "max_depth": 3, "nthread": 1},
    train,
    options.rounds,
    evals=[(train, "train"), (valid, "valid")],
    callbacks=[Slow()],
)

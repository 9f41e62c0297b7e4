"""Boosted trees on the breast cancer data; LightGBM logs what it evaluates."""

import argparse
import time

import lightgbm as lgb
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float, default=0.1)
parser.add_argument("--rounds", type=int, default=30)
options = parser.parse_args()

features, labels = load_breast_cancer(return_X_y=True)
seen, held_out, truth, unseen = train_test_split(features, labels, random_state=0)
train = lgb.Dataset(seen, truth)
lgb.train(
    {"objective": "binary", "learning_rate": options.learning_rate, "num_threads": 1},
    train,
    num_boost_round=options.rounds,
    valid_sets=[lgb.Dataset(held_out, unseen, reference=train)],
    # A larger data set would take this long.
    callbacks=[lgb.log_evaluation(period=1), lambda _: time.sleep(0.7)],
)

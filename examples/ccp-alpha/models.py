"""The data, and the models that a trial's parameters describe."""

import argparse
import os
import signal
import sys

from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

STOPPED_BY_SIGTERM = 143


def patients():
    """Give ten measurements of 442 patients with diabetes, and how it went on a year later."""
    return load_diabetes(return_X_y=True)


def options_of(parser=None):
    """Read what all programs of this folder are told; and let them be stopped."""
    # The process with the number 1 has no default handlers: without this line a pruned trial
    # would hold its node until the end of the grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(STOPPED_BY_SIGTERM))
    parser = parser or argparse.ArgumentParser()
    parser.add_argument("--ccp-alpha", type=float, default=0.0)
    parser.add_argument("--max-features", type=float, default=1.0)
    parser.add_argument("--min-samples-leaf", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("ESPALIER_SEED", "0")))
    return parser.parse_args()


def grown(options):
    """Give what trees and forests have in common."""
    return {
        "ccp_alpha": options.ccp_alpha,
        "max_features": options.max_features,
        "min_samples_leaf": options.min_samples_leaf,
        "random_state": options.seed,
    }


def tree(options):
    return DecisionTreeRegressor(**grown(options))


def forest(options, trees, **more):
    return RandomForestRegressor(trees, **grown(options), **more)

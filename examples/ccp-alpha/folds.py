"""Cross-validates a tree or a forest, fold by fold, and reports the mean error so far."""

import argparse
import os

from espalier_report import report, should_prune
from models import forest, options_of, patients, tree
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import RepeatedKFold

FOLDS, REPEATS = 5, 6


def main():
    options = read_options()
    features, outcome = patients()
    errors = []
    # The same folds in the same order for each trial: else a step would compare folds.
    folds = RepeatedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=0)
    for step, (seen, held_out) in enumerate(folds.split(features), start=1):
        model = tree(options) if options.model == "tree" else forest(options, options.trees)
        model.fit(features[seen], outcome[seen])
        predicted = model.predict(features[held_out])
        errors.append(root_mean_squared_error(outcome[held_out], predicted))
        mean = sum(errors) / step
        report(step, mean, fold_rmse=errors[-1])
        print(f"fold {step}: rmse {mean:.3f}, of this fold {errors[-1]:.3f}", flush=True)
        if should_prune():
            print("pruned: stopping", flush=True)
            return


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["tree", "forest"], default="tree")
    # Only forests have a number of trees: it comes by the environment alone.
    trees = int(os.environ.get("PARAM_trees", "100"))  # noqa: SIM112
    parser.add_argument("--trees", type=int, default=trees)
    return options_of(parser)


if __name__ == "__main__":
    main()

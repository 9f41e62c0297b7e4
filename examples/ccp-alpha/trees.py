"""Grows a forest on each of five folds, some trees at a time, and reports their mean error."""

from espalier_report import report, should_prune
from models import forest, options_of, patients
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import KFold

STEPS, TREES = 20, 10


def main():
    options = options_of()
    features, outcome = patients()
    folds = list(KFold(5, shuffle=True, random_state=0).split(features))
    forests = [forest(options, 0, warm_start=True) for _ in folds]
    for step in range(1, STEPS + 1):
        errors = []
        for model, (seen, held_out) in zip(forests, folds, strict=True):
            model.set_params(n_estimators=step * TREES)
            model.fit(features[seen], outcome[seen])  # the trees that are there stay
            errors.append(
                root_mean_squared_error(outcome[held_out], model.predict(features[held_out]))
            )
        mean = sum(errors) / len(errors)
        report(step, mean)
        print(f"trees {step * TREES}: rmse {mean:.3f}", flush=True)
        if should_prune():
            print("pruned: stopping", flush=True)
            return


if __name__ == "__main__":
    main()

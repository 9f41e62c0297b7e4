"""Prints the path of a fully grown tree: which alphas cut something, and what is left by each."""

from models import patients
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

SHARES = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 1.0)


def main():
    features, outcome = patients()
    seen, _ = next(KFold(5, shuffle=True, random_state=0).split(features))
    features, outcome = features[seen], outcome[seen]
    path = DecisionTreeRegressor(random_state=0).cost_complexity_pruning_path(features, outcome)
    print(f"{len(path.ccp_alphas)} alphas between 0 and {path.ccp_alphas[-1]:.1f}")
    for share in SHARES:
        alpha = path.ccp_alphas[round(share * (len(path.ccp_alphas) - 1))]
        tree = DecisionTreeRegressor(random_state=0, ccp_alpha=alpha).fit(features, outcome)
        print(f"alpha {alpha:8.2f}: {tree.get_n_leaves():4d} leaves")


if __name__ == "__main__":
    main()

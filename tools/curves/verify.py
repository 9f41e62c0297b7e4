"""Check written tasks without showing what is in them: python -m tools.curves.verify DIR...

It prints the names of failed checks and no statistics, so that held-out tasks stay unseen.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from tools.curves.common import checks


def verify(path: Path) -> list[str]:
    """Failed checks of one NAME.json and its NAME.npz."""
    about = json.loads(path.read_text())
    with np.load(path.with_suffix(".npz")) as data:
        values, seconds = data["values"], data["seconds"]
        by_seed = data["values_seeds"] if "values_seeds" in data else values[None]
    failed = checks(values, about["direction"])
    shape = (about["n"], about["s"])
    if values.shape != shape or seconds.shape != shape or len(about["configs"]) != shape[0]:
        failed.append("shapes differ")
    if by_seed.shape != (about.get("n_seeds", 1), *shape):
        failed.append("seeds differ")
    if not np.array_equal(by_seed[0], values, equal_nan=True):
        failed.append("the first seed differs from the values")
    if not (np.all(np.isfinite(seconds)) and np.all(np.diff(seconds, axis=1) > 0)):
        failed.append("seconds do not increase")
    if any(set(c) != set(about["search_space"]) for c in about["configs"]):
        failed.append("configurations and search space differ")
    return failed


def main() -> None:
    for folder in sys.argv[1:]:
        for path in sorted(Path(folder).glob("*.json")):
            failed = verify(path)
            print(f"{folder}/{path.stem}: {'; '.join(failed) if failed else 'sane'}")


if __name__ == "__main__":
    main()

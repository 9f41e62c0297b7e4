"""A thousand fuzzed runs: what goes wrong is drawn from each seed, what must hold is the oracle's.

ESPALIER_FUZZ sets the number of seeds, ESPALIER_FUZZ_FIRST the first of them. Run with
PYTHONHASHSEED=0 to get a seed's run once more exactly.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter

from tests.simulation.fuzz import fuzzed

COUNT = int(os.environ.get("ESPALIER_FUZZ", "1000"))
FIRST = int(os.environ.get("ESPALIER_FUZZ_FIRST", "0"))


def test_no_law_is_broken_whatever_goes_wrong() -> None:
    began = time.monotonic()
    kinds: Counter[str] = Counter()
    broken = []
    print()
    for seed in range(FIRST, FIRST + COUNT):
        run = fuzzed(seed)
        if run.broken:
            broken.append(run)
            print(run, flush=True)
        kinds.update(re.sub(r"\d+", "#", each)[:70] for each in run.broken)
    took = (time.monotonic() - began) / COUNT
    print(f"  {COUNT} seeds, {took:.2f} s each, {len(broken)} broke a law")
    for kind, count in kinds.most_common():
        print(f"  {count:5} {kind}")
    assert not broken

"""What a proposal costs after a long history, beside Optuna's own `ask` after the same one.

The operator asks TPE in a process of its own; Optuna's study lies in the asking process's memory.
*Stretch* is the longest time, in CPU time of the loop's thread, for which reports had to wait while
a proposal was worked out. The first proposal of a process starts it and hands the whole history
over; each later one hands over what has ended since. Figures are printed; nothing is asserted.
ESPALIER_BENCH_PROPOSE gives the numbers of trials, those of docs/explanation/measurements.md are
100,1000,10000.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHILD = "tests.bench.propose_child"
SIZES = os.environ.get("ESPALIER_BENCH_PROPOSE", "100,1000").split(",")


def asked(who: str, folder: Path, trials: str) -> dict[str, Any]:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", CHILD, who, str(folder), trials],
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}/operator:{ROOT}",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("trials", SIZES)
def test_a_proposal(trials: str, tmp_path: Path) -> None:
    print(f"\n{trials} trials")
    found = {who: asked(who, tmp_path / who, trials) for who in ("optuna", "operator")}
    for who, said in found.items():
        for when in ("first", "later"):
            at = said[when]
            stretch = f", stretch {at['stretch']:5.1f} ms" if "stretch" in at else ""
            print(
                f"  {who:8} {when}: {at['cpu'] * 1e3:7.0f} ms CPU, {at['wall'] * 1e3:7.0f} ms, "
                f"peak {at['peak']:4.0f} MiB{stretch}"
            )
    ratio = found["operator"]["later"]["cpu"] / found["optuna"]["later"]["cpu"]
    more = found["operator"]["more"]
    print(f"  later, CPU: {ratio:.2f} times Optuna's; operator itself +{more:.0f} MiB")

"""What a look at a study costs: by how many trials it ever had, and by how many run.

A look is all that a Reconciler does before it acts: snapshot, plan, figures. *Stretch* is the
longest time, in CPU time of the loop's thread, for which reports had to wait; each later look
follows a value and a change of one pod. Figures are printed; nothing is asserted.
ESPALIER_BENCH_LOOK gives the sizes as ``trials x running``, those of
docs/explanation/measurements.md are
100x100,1000x100,10000x100,100000x100,1000x1000,10000x1000,100000x1000. ESPALIER_BENCH_BEFORE names
a checkout of an older version to be measured in the same run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("look_child.py")
SIZES = os.environ.get("ESPALIER_BENCH_LOOK", "100x100,1000x100,1000x1000").split(",")
BEFORE = os.environ.get("ESPALIER_BENCH_BEFORE")


def looked(root: Path, folder: Path, trials: str, running: str) -> str:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, str(CHILD), str(folder), trials, running],
        env={**os.environ, "PYTHONPATH": f"{root}/operator", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"ends with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    parts = [
        f"{when}: stretch {at['stretch']:6.1f} ms, {at['cpu']:6.1f} ms CPU, {at['wall']:6.1f} ms"
        for when, at in (("first", found["first"]), ("later", found["later"]))
    ]
    return "; ".join([*parts, f"peak {found['peak']:.0f} MiB"])


@pytest.mark.parametrize("size", SIZES)
def test_a_look(size: str, tmp_path: Path) -> None:
    trials, running = size.split("x")
    print(f"\n{trials} trials, {running} running")
    if BEFORE:
        print(f"  before  {looked(Path(BEFORE), tmp_path / 'before', trials, running)}")
    print(f"  now     {looked(ROOT, tmp_path / 'now', trials, running)}")

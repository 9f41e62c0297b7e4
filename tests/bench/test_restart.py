"""How long a start takes, and how much memory, with much history in the store.

Each start is a process of its own under the chart's limit of 1 GiB of memory, on the same store.
Figures are printed; nothing is asserted about them. ESPALIER_BENCH_RESTART gives the sizes as
``studies x trials x steps x open``, several of them separated by commas (default small); those of
docs/explanation/measurements.md are 1x1000x1000x1, 1000x100x100x10 and 600x100x100x0.
ESPALIER_BENCH_BEFORE names a checkout of an older version to be measured in the same run, and
ESPALIER_BENCH_SECONDS when a start is given up.
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
CHILD = Path(__file__).with_name("restart_child.py")
SIZES = os.environ.get("ESPALIER_BENCH_RESTART", "1x50x200x1,20x20x50x2").split(",")
BEFORE = os.environ.get("ESPALIER_BENCH_BEFORE")
SECONDS = os.environ.get("ESPALIER_BENCH_SECONDS", "120")
MEMORY = "1024"


def child(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CHILD), *arguments],
        env={
            **os.environ,
            "PYTHONPATH": f"{root}/operator",
            "OPENBLAS_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def started(what: str, root: Path, path: Path, sizes: list[str], mode: str = "start") -> None:
    seconds = str(int(SECONDS) * (3 if mode == "settle" else 1))
    done = child(root, mode, str(path), seconds, MEMORY, *sizes)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        print(f"  {what:<28} ends with {done.returncode}: {last[0][:90]}")
        return
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    total, ready = found["all"], found["ready"]
    told = f"{ready['wall']:6.1f} s ({ready['cpu']:.1f} s CPU)" if ready else "not reached"
    end = "" if found["done"] else f", given up: {total['known']} of {sizes[0]} known"
    print(f"  {what:<28} the file {found['opened']:.1f} s, the open ones {told};")
    print(
        f"  {'':<28} all {total['wall']:.1f} s ({total['cpu']:.1f} s CPU); peak {total['peak']} "
        f"MiB, of them {found['base']} before the start{end}"
    )


@pytest.mark.parametrize("size", SIZES)
def test_starts(size: str, tmp_path: Path) -> None:
    sizes = size.split("x")
    studies, trials, steps, still_open = map(int, sizes)
    store = tmp_path / "store.db"
    made = child(Path(BEFORE or ROOT), "make", str(store), *sizes)
    assert made.returncode == 0, made.stderr
    mebibytes = store.stat().st_size >> 20
    print(
        f"\n{studies} studies of {trials} trials with {steps} values, {still_open} of them open: "
        f"{studies * trials * steps:,} values, {mebibytes} MiB on the disk"
    )
    if BEFORE:
        started("before", Path(BEFORE), store, sizes)
    started("first start after an upgrade", ROOT, store, sizes, "settle")
    started("each later start", ROOT, store, sizes)

"""What it costs to export a large study, by format. Prints figures, asserts none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TRIALS, STEPS = int(os.environ.get("ESPALIER_BENCH_TRIALS", "10000")), 50
FORMS = (
    ("jsonl",),
    ("csv",),
    ("csv", "--what", "curves"),
    ("csv", "--what", "decisions"),
    ("parquet",),
    ("parquet", "--what", "curves"),
    ("optuna-journal",),
    ("optuna-sqlite",),
)
TERMS = {"metric": "loss", "direction": "Minimize", "horizon": STEPS, "uid": "u", "target": None}
TERMS |= {"seed": 0, "trials": TRIALS, "pruner": {"type": "Median"}, "pruning": {}}
EVIDENCE = {"value": 0.5, "threshold": 0.625, "percentile": 50.0, "peers": 99}
RULE = {"pruner": "Median", "settings": {"warmupSteps": 1}, "rung": None, "bracket": None}


def rows() -> Iterator[dict]:
    """Yield a log in which every other trial is pruned halfway."""
    yield {"kind": "study", "uid": "u", "namespace": "n", "name": "s", "settings": TERMS}
    for number in range(TRIALS):
        parameters = {"lr": 0.5 / (number + 1), "width": number % 64, "kind": "sgd"}
        made = {"name": f"s-{number}", "origin": "Sampled", "template": 0, "parameters": parameters}
        at = {"created_at": 4e9 + number, "started_at": 4e9 + number}
        yield {"kind": "trial", "trial": number} | made | at
    seq = 0
    for number in range(TRIALS):
        last = STEPS // 2 if number % 2 else STEPS
        for step in range(1, last + 1):
            at = {"seq": (seq := seq + 1), "at": 4e9 + seq, "trial": number, "attempt": 1}
            value = 1 / (step + number % 97)
            yield at | {"kind": "observation", "metric": "loss", "step": step, "value": value}
            prunes = step == last and number % 2
            action, reason = (
                ("Prune", "WorseThanPercentile") if prunes else ("Keep", "WithinPercentile")
            )
            said = {"action": action, "reason": reason, "evidence": EVIDENCE, "shadow": None}
            yield at | {"kind": "decision", "step": step} | said | RULE
        state = "Pruned" if number % 2 else "Completed"
        end = {"kind": "end", "trial": number, "state": state, "reason": state}
        yield end | {"seq": (seq := seq + 1), "at": 4e9 + seq}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("log") / "log.jsonl"
    with file.open("w") as written:
        written.writelines(json.dumps(row) + "\n" for row in rows())
    print(f"\n{TRIALS:,} trials of {STEPS} steps: {file.stat().st_size / 1e6:,.0f} MB of log")
    return file


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_seconds_and_memory(form: tuple[str, ...], log: Path, tmp_path: Path) -> None:
    words = ["export", "--from", str(log), "--format", *form, "-O", str(tmp_path / "out")]
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "espalier.cli.main", *words])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    assert process.returncode == 0
    size = (tmp_path / "out").stat().st_size / 1e6
    print(
        f"{' '.join(form):24} {seconds:6.1f} s, {used.ru_utime:5.1f} s of a CPU, "
        f"{used.ru_maxrss / 1024:6,.0f} MiB resident, {size:6,.0f} MB written"
    )

"""A folder in which the examples of the documents run: small curves, and a store with a study."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from espalier.api.judging import JudgeSettings
from espalier.backtest.curves import read_file
from espalier.cli.main import main
from espalier.planning.world.record import End
from espalier.pruning import Restraint, TrialState
from espalier.store import Batch, open_store
from espalier.store.rows import change_row, end_row
from tests.store.storing import url_of

CURVES = Path(__file__).parent.parent / "curves"
TRIALS, STEPS = 12, 20
TASKS = ("imp_digits_acc", "tfm_stdlib_nats")


def write_curves(folder: Path) -> None:
    """Write the first trials and steps of two recorded tasks."""
    folder.mkdir(parents=True)
    for name in TASKS:
        with np.load(CURVES / f"{name}.npz") as arrays:
            parts = {key: arrays[key][:TRIALS, :STEPS] for key in ("values", "seconds")}
        np.savez(folder / f"{name}.npz", **parts)
        about = json.loads((CURVES / f"{name}.json").read_text())
        (folder / f"{name}.json").write_text(json.dumps({"direction": about["direction"]}))


def write_store(folder: Path, trials: int = TRIALS) -> str:
    """Write a store in which default/digits ran without pruning, and give its URL."""
    asyncio.run(_fill(folder, trials))
    return url_of(folder)


def write_elsewhere(folder: Path) -> None:
    """Write the study of digits.jsonl as other tools have one: optuna.db, and runs.csv."""
    log = ["export", "--from", str(folder / "digits.jsonl")]
    given = ["--format", "optuna-sqlite", "-O", str(folder / "optuna.db"), "--force"]
    done = CliRunner().invoke(main, [*log, *given])
    assert done.exit_code == 0, done.output
    rows = map(json.loads, (folder / "digits.jsonl").read_text().splitlines())
    values = [f"{r['trial']},{r['step']},{r['value']}" for r in rows if r["kind"] == "observation"]
    (folder / "runs.csv").write_text("\n".join(["trial,step,value", *values, ""]))


async def _fill(folder: Path, trials: int) -> None:
    curves = read_file(CURVES / "imp_digits_acc.npz")
    settings = {"metric": "val_accuracy", "direction": "Maximize", "horizon": STEPS}
    settings |= {"target": None, "seed": 1, "trials": trials}
    settings |= {"pruner": {"type": "Nop"}, "pruning": {}}
    judged = JudgeSettings.from_dict(settings, "u1")
    store = await open_store(url_of(folder))
    try:
        study = await store.open_study("u1", "default", "digits", judged, at=0.0, version="0")
        seq = 1
        held = Restraint(paused=True, keep_best=2, protected=frozenset({3}))
        await store.commit(Batch(study.id, changes=[change_row(study.id, held, seq, 0.0)]))
        for trial in range(trials):
            observed = []
            for step in range(1, STEPS + 1):
                at = float(curves.seconds[trial, step - 1])
                value = float(curves.values[trial, step - 1])
                row = (study.id, trial, 1, "val_accuracy", step, value, seq := seq + 1, at)
                observed.append(row)
            end = End("Completed", "", TrialState.COMPLETED, at, 0.0, 0.0, 1)
            ends = [end_row(study.id, trial, end, seq := seq + 1)]
            await store.commit(Batch(study.id, observations=observed, ends=ends))
    finally:
        await store.close()

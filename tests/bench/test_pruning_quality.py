"""What pruners save and lose on real curves, beside the real Optuna; prints, and draws pictures.

Run it with::

    python -m pytest -s tests/bench/test_pruning_quality.py

`ESPALIER_ORDERS` (8 if not set) lists a task, `ESPALIER_PICTURES` a folder to draw into. Nothing is
asserted but that Auto loses fewer winners than successive halving with its defaults. The whole
protocol is `python -m tests.bench.quality`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console

from espalier.backtest import calibration, frontier
from espalier.backtest.candidate import Candidate
from espalier.backtest.compare import compare
from espalier.backtest.curves import read_folder
from espalier.backtest.knobs import RISKS, sweeps
from espalier.backtest.measure import Setting
from espalier.cli.backtest_tables import means, of_calibrations, of_frontiers
from espalier.cli.pool import over
from tests.bench.quality_pruners import optunas, ours

ORDERS = int(os.environ.get("ESPALIER_ORDERS", "8"))
PICTURES = os.environ.get("ESPALIER_PICTURES")
CURVES = read_folder(Path(__file__).parent.parent / "curves")
SWEPT = [
    Candidate("Auto", {"type": "Auto"}),
    Candidate("Posterior", {"type": "Posterior"}),
    Candidate("Median", {"type": "Median"}),
    Candidate(
        "SuccessiveHalving η 3",
        {"type": "SuccessiveHalving", "successiveHalving": {"reductionFactor": 3}},
    ),
    Candidate("Hyperband", {"type": "Hyperband"}),
    Candidate("Bandit", {"type": "Bandit"}),
]
RUN = over(os.cpu_count() or 1)
SHOW = Console(width=120)


@pytest.mark.parametrize("workers", [8, 32])
def test_ours(workers: int) -> None:
    setting, budgets = Setting(workers=workers, orders=ORDERS), workers == 8
    results = compare(ours(), CURVES, setting, budgets, RUN)
    SHOW.print(f"\nOurs, {workers} workers, {ORDERS} lists a task", means(results, budgets))
    by_label = {result.label: result.mean for result in results}
    assert by_label["Auto"].lost < by_label["SuccessiveHalving"].lost


@pytest.mark.parametrize("workers", [8, 32])
def test_optuna(workers: int) -> None:
    setting, budgets = Setting(workers=workers, orders=ORDERS), workers == 8
    results = compare(optunas(), CURVES, setting, budgets, RUN)
    SHOW.print(f"\nOptuna, {workers} workers, {ORDERS} lists a task", means(results, budgets))


def test_frontier_and_calibration() -> None:
    found = frontier.frontier(sweeps(SWEPT, []), CURVES, Setting(orders=ORDERS), RUN)
    calibrated = calibration.calibration([each for each in found if each.knob.path in RISKS])
    SHOW.print("\n", of_frontiers(found), "", of_calibrations(calibrated))
    if PICTURES:
        of = f"{len(CURVES)} tasks, 8 workers, {ORDERS} lists a task"
        drawn = {
            "frontier": frontier.picture(found, f"Saved against lost, over each knob: {of}"),
            "calibration": calibration.picture(calibrated, f"Risk stated and winners lost: {of}"),
        }
        for name, picture in drawn.items():
            (Path(PICTURES) / f"pruning-{name}.svg").write_text(picture, encoding="utf-8")

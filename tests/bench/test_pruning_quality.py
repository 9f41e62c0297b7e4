"""What pruners save and lose on real curves, beside the real Optuna; prints, and draws pictures.

Run it with::

    python -m pytest -s tests/bench/test_pruning_quality.py

`ESPALIER_ORDERS` (8 if not set) lists a task, `ESPALIER_PICTURES` a folder to draw into; figures
go to `quality.json` there. Nothing is asserted but that Auto loses fewer winners than the
defaults of Optuna do.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import optuna
import pytest

from espalier.backtest.candidate import Candidate, Maker
from espalier.backtest.compare import Result, compare
from espalier.backtest.curves import read_folder
from espalier.backtest.measure import Setting
from espalier.backtest.picture import Point, Series, draw, percent_axis
from tests.bench.optuna_engine import OptunaCandidate

ORDERS = int(os.environ.get("ESPALIER_ORDERS", "8"))
PICTURES = os.environ.get("ESPALIER_PICTURES")
CURVES = read_folder(Path(__file__).parent.parent / "curves")
SHARES = (8, 10, 16, 20)
FRONTIER = {
    "Auto, risk": [
        Candidate(f"{risk:g}", {"type": "Auto", "auto": {"risk": risk}})
        for risk in (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
    ],
    "Posterior, risk": [
        Candidate(f"{risk:g}", {"type": "Posterior", "posterior": {"risk": risk}})
        for risk in (0.02, 0.05, 0.2, 0.5)
    ],
    "SuccessiveHalving η 3, first rung": [
        Candidate(
            f"{share} %",
            {
                "type": "SuccessiveHalving",
                "successiveHalving": {"minResource": f"{share}%", "reductionFactor": 3},
            },
        )
        for share in (2, 4, 8, 16, 24)
    ],
    "Hyperband, smallest rung": [
        Candidate(f"{share} %", {"type": "Hyperband", "hyperband": {"minResource": f"{share}%"}})
        for share in (1, 4, 8, 16)
    ],
    "Median, warm-up": [
        Candidate(f"{share} %", {"type": "Median", "median": {"warmupSteps": f"{share}%"}})
        for share in (0, 4, 8, 16, 24)
    ],
    "Bandit, exploration": [
        Candidate(f"{width:g}", {"type": "Bandit", "bandit": {"exploration": width}})
        for width in (0, 2, 6)
    ],
}


def first(share: int, horizon: int) -> int:
    return max(1, math.ceil(share * horizon / 100))


def ours() -> list[Maker]:
    kinds = ("Median", "SuccessiveHalving", "Hyperband", "Wilcoxon", "Posterior", "Bandit", "Auto")
    budget = {"goal": "BestUnderBudget"}
    return [
        *(Candidate(kind, {"type": kind}) for kind in kinds),
        Candidate("Percentile 25", {"type": "Percentile", "percentile": {"percentile": 25}}),
        Candidate("Patient 5", {"type": "Patient", "patient": {"patience": 5}}),
        Candidate("Posterior BestUnderBudget", {"type": "Posterior", "posterior": budget}),
        Candidate("Auto BestUnderBudget", {"type": "Auto", "auto": budget}),
        Candidate("Auto without exempt trials", {"type": "Auto"}, {"exemptPercent": 0}),
    ]


def optunas() -> list[Maker]:
    pruners = optuna.pruners
    found: list[Maker] = [
        OptunaCandidate("Optuna Median", lambda _: pruners.MedianPruner()),
        OptunaCandidate("Optuna SHA", lambda _: pruners.SuccessiveHalvingPruner()),
        OptunaCandidate("Optuna Hyperband", lambda _: pruners.HyperbandPruner()),
    ]
    for share in SHARES:
        found += [
            OptunaCandidate(
                f"Optuna Median, warm-up {share} %",
                lambda horizon, share=share: pruners.MedianPruner(
                    n_warmup_steps=first(share, horizon)
                ),
            ),
            OptunaCandidate(
                f"Optuna SHA η 3 from {share} %",
                lambda horizon, share=share: pruners.SuccessiveHalvingPruner(
                    min_resource=first(share, horizon), reduction_factor=3
                ),
            ),
            OptunaCandidate(
                f"Optuna Hyperband η 3 from {share} %",
                lambda horizon, share=share: pruners.HyperbandPruner(
                    min_resource=first(share, horizon), max_resource=horizon
                ),
            ),
        ]
    return found


def show(results: list[Result], title: str) -> None:
    print(f"\n{title}: saved [95 %] / regret / winner lost [95 %]; by task: saved/lost")
    for result in results:
        mean, saved, lost = result.mean, result.interval("saved"), result.interval("lost")
        tasks = " ".join(f"{t.saved:.2f}/{t.lost:.2f}" for t in result.tasks.values())
        budgets = " ".join(f"{value:.3f}" for value in mean.budget_regret)
        print(
            f"{result.label:32s} {mean.saved:.3f} [{saved[0]:.2f} {saved[1]:.2f}] / "
            f"{mean.regret:.3f} / {mean.lost:.3f} [{lost[0]:.2f} {lost[1]:.2f}]  {tasks}"
            f"{'  budgets ' + budgets if budgets else ''}",
            flush=True,
        )


def save(name: str, results: list[Result]) -> None:
    if PICTURES:
        path = Path(PICTURES) / "quality.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        known[name] = [result.to_dict() for result in results]
        path.write_text(json.dumps(known, indent=1))


@pytest.mark.parametrize("workers", [8, 32])
def test_ours(workers: int) -> None:
    setting = Setting(workers=workers, orders=ORDERS)
    results = compare(ours(), CURVES, setting, budgets=workers == 8)
    show(results, f"Ours, {workers} workers, {ORDERS} orders a task")
    save(f"ours {workers}", results)
    by_label = {result.label: result.mean for result in results}
    assert by_label["Auto"].lost < by_label["SuccessiveHalving"].lost


@pytest.mark.parametrize("workers", [8, 32])
def test_optuna(workers: int) -> None:
    setting = Setting(workers=workers, orders=ORDERS)
    results = compare(optunas(), CURVES, setting, budgets=workers == 8)
    show(results, f"Optuna {optuna.__version__}, {workers} workers, {ORDERS} orders a task")
    save(f"optuna {workers}", results)


def test_frontier_and_calibration() -> None:
    series, found = [], {}
    for label, candidates in FRONTIER.items():
        results = found[label] = compare(candidates, CURVES, Setting(orders=ORDERS))
        show(results, label)
        save(f"frontier {label}", results)
        points = [Point(r.mean.saved, r.mean.lost, r.label) for r in results]
        series.append(Series(label, points))
    stated = [candidate.pruner["auto"]["risk"] for candidate in FRONTIER["Auto, risk"]]
    if PICTURES:
        frontier(series)
        calibration(stated, found["Auto, risk"])


def frontier(series: list[Series]) -> None:
    points = [point for one in series for point in one.points]
    x = percent_axis("compute saved (mean of six tasks)", [point.x for point in points], 0.3)
    y = percent_axis("studies that lose their winner", [point.y for point in points])
    picture = draw("Saved against lost, each pruner over its own knob, 8 workers", x, y, series)
    (Path(PICTURES or ".") / "pruning-frontier.svg").write_text(picture, encoding="utf-8")


def calibration(stated: list[float], results: list[Result]) -> None:
    points = [
        Point(risk, result.mean.lost, "", *result.interval("lost"))
        for risk, result in zip(stated, results, strict=True)
    ]
    diagonal = [Point(0.0, 0.0), Point(max(stated), max(stated))]
    within = [Point(0.0, 0.0), Point(max(stated), 1.5 * max(stated))]
    series = [
        Series("Auto, mean and 95 % interval", points),
        Series("as stated", diagonal, dashed=True),
        Series("1.5 times as stated", within, dashed=True),
    ]
    x = percent_axis("risk stated", stated)
    y = percent_axis(
        "studies that lose their winner", [*(p.high or 0.0 for p in points), within[1].y]
    )
    picture = draw("Risk stated against winners lost, 8 workers", x, y, series)
    (Path(PICTURES or ".") / "pruning-calibration.svg").write_text(picture, encoding="utf-8")

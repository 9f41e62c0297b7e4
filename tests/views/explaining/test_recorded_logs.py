"""Logs of every kind are told: earlier versions', other editions', of bursts, of one value each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from espalier.cli.asking.source import Texts
from espalier.study_log.read_lines import read_lines
from espalier.views.gathered import gather
from espalier.views.plain import View
from espalier.views.query import Query
from espalier.views.questions import answer
from tests.views.explaining.studies import GUARDED, PRUNERS, record, settings_for

STORES = Path(__file__).parents[2] / "golden" / "stores"
QUESTIONS = ("why", "risk", "shadows", "decisions")


def studies_of(path: Path) -> Iterator[list[str]]:
    """Yield the lines of each study of an export, one after the other."""
    lines: list[str] = []
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if lines and json.loads(line)["kind"] == "study":
            yield lines
            lines = []
        lines.append(line)
    yield lines


def told(lines: list[str]) -> list[View]:
    """Ask everything that can be asked about a study; return the answers about its trials."""
    gathered = gather(read_lines(iter(lines), "log"))
    for question in QUESTIONS:
        json.dumps(answer(gathered, None, question, Query(Texts({}))), allow_nan=False)
    query = Query(Texts({"counterfactual": "yes"}))
    views = [answer(gathered, None, f"trials/{n}/why", query) for n in gathered.numbers]
    json.dumps(views, allow_nan=False)
    return views


@pytest.mark.parametrize("path", sorted(STORES.glob("*.jsonl.gz")), ids=lambda path: path.name)
def test_what_earlier_versions_exported_is_told(path: Path) -> None:
    pruned = [
        view for lines in studies_of(path) for view in told(lines) if view["different"] is not None
    ]
    assert pruned
    assert {view["different"]["basis"] for view in pruned} <= {"Checked", "Searched", "None"}
    assert any(view["different"]["value"] is not None for view in pruned)


@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize("pruner", ["Auto", "Median"])
def test_a_study_whose_values_came_in_one_burst_each_is_told(pruner: str, edition: int) -> None:
    recorded = record(settings_for(PRUNERS[pruner], edition=edition), seed=4, trials=15)
    lines = [json.dumps({**row, "at": 100.0} if "at" in row else row) for row in recorded.rows]
    for view in told(lines):
        if view["different"] is not None:
            assert view["different"]["basis"] != "None", view["different"]["sentence"]


def test_a_study_of_which_every_trial_said_one_value_is_told() -> None:
    recorded = record(settings_for(PRUNERS["Threshold"], pruning=GUARDED), seed=4, trials=9)
    lines = [json.dumps(row) for row in recorded.rows if row.get("step", 1) == 1]
    assert len(told(lines)) == 9


@pytest.mark.parametrize("metric", ["loss", ""])
def test_a_log_whose_metric_is_another_one_is_told(metric: str) -> None:
    recorded = record(settings_for(PRUNERS["Median"]), seed=4, trials=6)
    recorded.rows[0]["settings"]["metric"] = metric
    for view in told(recorded.lines()):
        assert view["different"] is None or view["different"]["value"] is None

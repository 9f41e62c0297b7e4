"""What would have had to be different is true: a judge that is fed the log says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espalier.api.judging import judge_of
from espalier.pruning import Decision, Report, as_judged
from espalier.study_log.feeding import feed
from espalier.study_log.log import Log, StoredDecision, StoredObservation, StoredProposal
from espalier.views.explaining.difference import difference
from espalier.views.gathered import gather
from tests.views.explaining.studies import GUARDED, PRUNERS, Recorded, record, settings_for


def said_of(log: Log, stored: StoredDecision, value: float) -> Decision:
    """Return what is decided where a trial reports another value: shadows and all, told anew."""
    judge = judge_of(log.study.settings)
    for event in log.events:
        if isinstance(event, StoredDecision | StoredProposal):
            continue
        if event.seq == stored.seq and isinstance(event, StoredObservation):
            report = Report(event.trial, event.attempt, event.step, value)
            judged = as_judged(judge.ledger, report)
            assert judged is not None
            found = judge.report(judged, event.at).decision
            assert found is not None
            return found
        feed(judge, event)
    raise AssertionError("the value is not in the log")


def check_every_claim(recorded: Recorded) -> list[str]:
    """Check what is claimed of each pruned trial; return on what the claims stand."""
    log = recorded.log()
    log = replace(log, events=list(log.events))
    gathered = gather(log)
    found = []
    for stored in gathered.prunes.values():
        view = difference(gathered, stored)
        found.append(view["basis"])
        if view["value"] is None:
            assert view["basis"] == "None"
            continue
        assert not said_of(log, stored, view["value"]).prunes, view["sentence"]
        if view["exact"]:
            away = -math.inf if view["bound"] == "AtLeast" else math.inf
            hair = math.nextafter(view["value"], away)
            assert said_of(log, stored, hair).prunes, view["sentence"]
    return found


@pytest.mark.parametrize(
    ("direction", "pruning"),
    [("Maximize", {"keepBest": 1, "exemptPercent": 0}), ("Minimize", GUARDED)],
    ids=["alone", "guarded"],
)
@pytest.mark.parametrize("pruner", PRUNERS)
def test_what_is_claimed_of_each_pruned_trial_is_so(
    pruner: str, direction: str, pruning: Mapping[str, Any]
) -> None:
    settings = settings_for(PRUNERS[pruner], direction=direction, pruning=dict(pruning))
    found = check_every_claim(record(settings, seed=5, trials=18))
    assert found


@given(
    pruner=st.sampled_from(sorted(PRUNERS)),
    direction=st.sampled_from(["Maximize", "Minimize"]),
    seed=st.integers(0, 10_000),
    workers=st.integers(1, 6),
    nans=st.sampled_from([0.0, 0.1]),
    edition=st.sampled_from([1, 2]),
)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_is_so_in_any_study(
    pruner: str, direction: str, seed: int, workers: int, nans: float, edition: int
) -> None:
    settings = settings_for(PRUNERS[pruner], direction=direction, edition=edition, pruning=GUARDED)
    check_every_claim(record(settings, seed=seed, trials=15, workers=workers, nans=nans))

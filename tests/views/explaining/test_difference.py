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
from espalier.views.explaining.roles import Stance, stance_of
from espalier.views.gathered import gather
from espalier.views.plain import View
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


def check_every_claim(recorded: Recorded, kept: int = 0) -> list[str]:
    """Check what is claimed of each pruned trial, and of some decisions that kept one.

    Return on what the claims stand.
    """
    log = recorded.log()
    log = replace(log, events=list(log.events))
    gathered = gather(log)
    acting = [
        stored
        for trial in gathered.values
        for stored in gathered.decisions(trial)
        if not stored.shadow and not stored.decision.prunes
    ]
    told = [each for each in acting if stance_of(each.decision) is not Stance.WAITING]
    told = told[:: max(1, len(told) // kept)] if kept else []
    found = []
    for stored in (*gathered.prunes.values(), *told):
        view = difference(gathered, stored)
        assert view is not None
        found.append(view["basis"])
        if view["value"] is None:
            assert view["basis"] == "None"
            continue
        assert not ends(view, said_of(log, stored, view["value"])), view["sentence"]
        if view["exact"]:
            away = -math.inf if view["bound"] == "AtLeast" else math.inf
            hair = math.nextafter(view["value"], away)
            assert ends(view, said_of(log, stored, hair)), view["sentence"]
    return found


def ends(view: View, decision: Decision) -> bool:
    """Whether a decision is of the kind that a claim says does not come."""
    if view["asked"] == "WouldHaveSatisfiedItsPruner":
        return decision.prunes or "overruled" in decision.evidence
    return decision.prunes


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
    found = check_every_claim(record(settings, seed=5, trials=18), kept=6)
    assert found


@given(
    pruner=st.sampled_from(sorted(PRUNERS)),
    direction=st.sampled_from(["Maximize", "Minimize"]),
    seed=st.integers(0, 10_000),
    workers=st.integers(1, 6),
    nans=st.sampled_from([0.0, 0.1]),
    edition=st.sampled_from([1, 2]),
    window=st.sampled_from([None, 10]),
)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_is_so_in_any_study(
    pruner: str,
    direction: str,
    seed: int,
    workers: int,
    nans: float,
    edition: int,
    window: int | None,
) -> None:
    pruning = dict(GUARDED) | ({} if window is None else {"window": window})
    settings = settings_for(PRUNERS[pruner], direction=direction, edition=edition, pruning=pruning)
    check_every_claim(record(settings, seed=seed, trials=15, workers=workers, nans=nans), kept=6)

"""The numbers of every reason are known by what they are."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest

from espalier.pruning import Action, Decision, Reason
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.compared import explained, numbers_of
from espalier.views.explaining.roles import ROLES, Stance, roles_of, stance_of
from tests.views.explaining.studies import GUARDED, PRUNERS, record, settings_for

COSTS = (Reason.WORTH_ITS_COST, Reason.NOT_WORTH_ITS_COST)
COMBINED = (Reason.NONE_PRUNES, Reason.NOT_ALL_PRUNE)


def test_every_reason_is_in_the_table() -> None:
    assert set(ROLES) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_the_names_are_those_of_the_reasons_own_sentence(reason: Reason) -> None:
    named = {name for _, name, _, _ in string.Formatter().parse(reason.template) if name}
    roles = ROLES[reason]
    # The sentences about costs leave out whom the trial would have to beat.
    besides = {"votes"} if reason in COMBINED else {"leader"} if reason in COSTS else set()
    for role in (roles.value, roles.cut_off, roles.peers, roles.kept, roles.rank, roles.leader):
        assert not role or role in named | besides, f"{reason.value}: {role}"


@pytest.mark.parametrize("pruner", PRUNERS)
def test_each_number_is_the_rows_own(pruner: str) -> None:
    recorded = record(settings_for(PRUNERS[pruner], pruning=GUARDED), seed=2, trials=18)
    assert recorded.decided
    for decision in recorded.decided:
        roles, numbers = roles_of(decision), numbers_of(decision)
        for name, role in (
            ("value", roles.value),
            ("cutOff", roles.cut_off),
            ("peers", roles.peers),
            ("kept", roles.kept),
            ("leader", roles.leader),
        ):
            if role:
                assert numbers[name] is decision.evidence[role], (decision.reason, role)
            else:
                assert numbers[name] is None
        if decision.prunes:
            assert stance_of(decision) in (Stance.COMPARED, Stance.FORESEEN, Stance.GUARD)


def decision(reason: Reason, **evidence: object) -> Decision:
    return Decision(7, 1, 3, Action.KEEP, reason, evidence, None, None, "Mine", {})  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"overruled": "NoSuchReason"},
        {"overruled": 3.5, "value": float("nan")},
        {"value": "a word", "threshold": float("inf"), "needed": "x", "peers": "y", "next": None},
        {"completed": float("nan"), "startupTrials": 1e400, "steps": "", "seen": -1},
    ],
)
def test_odd_evidence_of_a_plug_in_is_told_as_far_as_it_goes(
    reason: Reason, evidence: dict[str, object]
) -> None:
    for prunes in (False, True):
        odd = replace(decision(reason, **evidence), action=Action.PRUNE if prunes else Action.KEEP)
        view = explained(StoredDecision(odd, "", 1, 0.0))
        assert view["sentence"]
        assert "nan" not in str(view["numbers"]).lower()
        assert "inf" not in str(view["numbers"]).lower()

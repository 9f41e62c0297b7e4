"""A trial that is never pruned says so, whatever its newest decision is about."""

from dataclasses import replace

import pytest

from espalier.planning import effects
from espalier.planning.world.record import TrialRecord
from espalier.pruning import Action, Decision, Reason, Restraint
from tests.planning.worlds import (
    job,
    of_type,
    planned,
    pod,
    prune_decision,
    record,
    snapshot,
    study,
    study_condition,
    trial,
)


def keep(reason, **evidence):
    return Decision(0, 1, 3, Action.KEEP, reason, evidence, None, None, "Median", {})


def status(decision, *, exempt=(), protected=()):
    known = replace(
        record(TrialRecord(0, attempt=1, step=3, latest=0.5, decision=decision)),
        exempt=frozenset(exempt),
        restraint=Restraint(protected=frozenset(protected)),
    )
    found = planned(
        snapshot(study(), record=known, trials=(trial(0),), jobs=(job(0),), pods=(pod(0),))
    )
    return of_type(found, effects.WriteTrialStatus)[0].status


LAST = keep(Reason.LAST_STEP)
WHY = {"exempt": "It is exempt, so never pruned", "protected": "It is protected, so never pruned"}


@pytest.mark.parametrize("how", WHY)
def test_a_trial_that_is_spared_says_so_beside_its_decision(how):
    told = status(LAST, **{how: [0]})
    assert told[how] is True
    assert told["decision"]["message"].startswith("Kept: step 3 is the last one. " + WHY[how])


@pytest.mark.parametrize("how", WHY)
def test_another_trial_says_nothing_of_it(how):
    told = status(LAST, **{how: [1]})
    assert told.get(how) is None
    assert told["decision"]["message"] == "Kept: step 3 is the last one."


@pytest.mark.parametrize("reason", [Reason.EXEMPT, Reason.PROTECTED])
def test_a_decision_that_says_it_itself_does_not_say_it_twice(reason):
    told = status(keep(reason, overruled="BelowLower"), exempt=[0], protected=[0])
    assert "never pruned" not in told["decision"]["message"]


def test_a_trial_that_was_pruned_before_it_was_protected_does_not_claim_to_be_spared():
    known = TrialRecord(0, attempt=1, step=3, decision=LAST, prune=prune_decision(0))
    recorded = replace(record(known), restraint=Restraint(protected=frozenset({0})))
    found = planned(
        snapshot(study(), record=recorded, trials=(trial(0),), jobs=(job(0),), pods=(pod(0),))
    )
    (write,) = of_type(found, effects.WriteTrialStatus)
    assert "never pruned" not in write.status["decision"]["message"]


@pytest.mark.parametrize("paused", [True, False])
def test_a_study_says_while_it_goes_on_that_pruning_is_paused(paused):
    recorded = replace(record(), restraint=Restraint(paused=paused))
    found = planned(snapshot(study(), record=recorded))
    message = study_condition(found, "Progressing")["message"]
    assert ("spec.pruning.paused is true: no trial is pruned" in message) == paused

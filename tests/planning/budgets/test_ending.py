"""What becomes of a study and its trials when its budget is spent, and when it is raised."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espalier.engine.control.figures import study_figures
from espalier.planning import effects
from espalier.planning.costs.costs import costs_of
from espalier.planning.plan import plan
from espalier.planning.standing.look import look_at
from espalier.planning.world.record import AttemptRecord
from espalier.planning.world.snapshot import Snapshot, Span
from espalier.planning.world.status_words import condition_of
from tests.planning.test_laws import ACTIONS, act
from tests.planning.worlds import SETTINGS, Simulated, study

HOUR = 3600.0
MANY = {"max": 6, "parallelism": 2, "maxFailed": 50}


class Spending(Simulated):
    """A world in which pods hold their nodes from the moment that they are made."""

    def snapshot(self) -> Snapshot:
        seen = super().snapshot()
        held = {pod.uid: Span(held=self.now - self.began[pod.uid]) for pod in seen.pods}
        return replace(seen, spans=held)

    @property
    def began(self) -> dict[str, float]:
        known: dict[str, float] = self.__dict__.setdefault("_began", {})
        for uid in self.pods:
            known.setdefault(uid, self.now)
        return known

    def spend(self, budget: dict[str, Any] | None, **spec: Any) -> None:
        """Give the study another budget."""
        changed = {"trials": MANY, **spec} | ({"budget": budget} if budget is not None else {})
        view = study(generation=self.view.generation + 1, **changed)
        self.view = replace(view, status=self.view.status)

    def settle(self) -> None:
        for _ in range(20):
            if not self.reconcile():
                return

    def round(self) -> None:
        self.live()
        self.settle()

    def said(self, type_: str) -> tuple[str, str]:
        found = condition_of(self.view.status, type_)
        return ("", "") if found is None else (found["status"], found["reason"])

    def reasons(self) -> list[str]:
        return [each.end.reason for _, each in sorted(self.records.items()) if each.end]


def world(budget: dict[str, Any], **spec: Any) -> Spending:
    """Return a study whose first two trials run."""
    found = Spending(study(**{"trials": MANY, "budget": budget, **spec}))
    for _ in range(3):
        found.round()
    assert len(found.running()) == 2
    return found


def complete(found: Spending) -> None:
    for pod in found.running():
        if pod.uid in found.bound:
            found.end_pod(pod.uid, 0, 0.5)


def test_a_soft_limit_starts_nothing_more_and_lets_run_on_what_runs():
    found = world({"trialHours": {"soft": 1, "hard": 10}})
    found.now += HOUR
    found.round()
    assert found.said("BudgetSpent") == ("True", "SoftLimitMet")
    assert found.said("Succeeded") == ("Unknown", "InProgress")
    progressing = condition_of(found.view.status, "Progressing")
    assert progressing is not None
    assert "spec.budget.trialHours.soft (1 h) is met: no trial starts" in progressing["message"]
    complete(found)
    for _ in range(4):
        found.round()
    assert sorted(found.trials) == [0, 1]
    assert found.reasons() == ["Completed", "Completed"]
    assert found.said("Succeeded") == ("True", "BudgetSpent")


def test_a_hard_limit_ends_what_runs_and_counts_against_nobody():
    found = world({"wallClock": {"hard": "2h"}}, trials={**MANY, "maxFailed": 1})
    uid = found.running()[0].uid
    found.end_pod(uid, 0, 0.5)
    for _ in range(3):
        found.round()
    found.now += 2 * HOUR
    found.round()
    found.round()
    assert set(found.reasons()) == {"Completed", "BudgetSpent"}
    assert not found.running()
    assert found.said("Succeeded") == ("True", "BudgetSpent")
    assert found.said("Failed")[0] == "False"
    assert found.said("BudgetSpent") == ("True", "HardLimitMet")


def test_a_study_without_a_completed_trial_has_failed():
    found = world({"wallClock": {"hard": "2h"}})
    found.now += 2 * HOUR
    found.round()
    found.round()
    assert found.said("Failed") == ("True", "NoTrialCompleted")
    assert "spec.budget.wallClock.hard (2 h) is met" in str(found.view.status["conditions"])


def test_it_goes_on_when_its_budget_is_raised_after_it_has_ended():
    found = world({"trialHours": {"hard": 1}})
    complete(found)
    found.round()
    found.round()
    found.now += 2 * HOUR
    found.round()
    found.round()
    assert found.view.status["completionTime"]
    found.spend({"trialHours": {"hard": 100}})
    for _ in range(40):
        complete(found)
        found.round()
    assert found.said("Succeeded") == ("True", "AllTrialsEnded")
    assert found.said("BudgetSpent") == ("False", "WithinBudget")
    assert len(found.records) == 6


def test_one_that_has_ended_for_another_reason_stays_so_when_its_time_is_up():
    found = world({"wallClock": {"hard": "2h"}})
    for _ in range(40):
        complete(found)
        found.round()
    assert found.said("Succeeded") == ("True", "AllTrialsEnded")
    before = found.view.status
    found.now += 200 * HOUR
    found.round()
    assert found.view.status == before


def test_a_job_that_never_had_a_node_does_not_begin_after_a_soft_limit():
    found = world({"wallClock": {"soft": "2h"}})
    uid = found.running()[0].uid
    found.pods[uid] = replace(found.pods[uid], phase="Pending", started_at=None, containers={})
    number = found.pods[uid].number
    found.records[number] = replace(found.records[number], attempts=())
    found.now += 2 * HOUR
    found.settle()
    end = found.records[number].end
    assert end is not None
    assert end.reason == "BudgetSpent"
    assert len([each for each in found.records.values() if each.end]) == 1


def test_metrics_have_the_share_of_each_limit_that_is_used():
    clock = {"soft": "2h", "hard": "4h"}
    found = world({"wallClock": clock})
    found.spend({"wallClock": clock, "gpuHours": {"hard": 0}})
    found.now += 3 * HOUR
    found.settle()
    look = look_at(found.snapshot())
    shares = study_figures(look, costs_of(look)).budget
    assert shares["wallClock", "soft"] == pytest.approx(1.5, abs=0.01)
    assert shares["wallClock", "hard"] == pytest.approx(0.75, abs=0.01)
    assert shares["gpuHours", "hard"] == 1.0


def test_a_suspended_study_is_ended_in_time_too():
    found = world({"wallClock": {"hard": "2h"}})
    found.spend({"wallClock": {"hard": "2h"}}, suspend=True)
    found.round()
    found.round()
    wakes = [
        effect.at
        for lane in plan(found.snapshot(), found.now, SETTINGS)
        for effect in lane
        if isinstance(effect, effects.Wake)
    ]
    assert any(abs(at - (1_800_000_000.0 + 2 * HOUR)) < 60 for at in wakes)
    found.now += 2 * HOUR
    found.round()
    found.round()
    assert found.said("Failed") == ("True", "NoTrialCompleted")
    lanes = plan(found.snapshot(), found.now, SETTINGS)
    assert not [each for lane in lanes for each in lane if isinstance(each, effects.Wake)]


def test_a_limit_is_looked_at_again_when_it_is_forecast_to_be_met():
    found = world({"wallClock": {"hard": "2h"}})
    lanes = plan(found.snapshot(), found.now, SETTINGS)
    wakes = [effect.at for lane in lanes for effect in lane if isinstance(effect, effects.Wake)]
    started = 1_800_000_000.0
    assert any(abs(at - (started + 2 * HOUR)) < 60 for at in wakes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=25), st.sampled_from(["soft", "hard"]), st.integers(0, 3))
def test_whatever_happens_nothing_starts_beyond_a_limit_and_a_raised_one_lets_it_end(
    actions, kind, hours
):
    found = Spending(study(trials=MANY, budget={"wallClock": {kind: f"{hours}h"}}))
    found.settle()
    for action in actions:
        act(found, action)
        found.now += 600.0
    found.now += (hours + 1) * HOUR
    found.settle()
    created = set(found.jobs_created)
    for _ in range(6):
        found.round()
        assert set(found.jobs_created) <= created
        complete(found)
    assert kind == "soft" or not found.running()
    assert "True" in (found.said("Succeeded")[0], found.said("Failed")[0])
    found.spend(None)
    for _ in range(60):
        complete(found)
        found.round()
    assert sorted(found.records) == list(range(6))
    assert all(each.end is not None for each in found.records.values())


def test_attempts_that_are_recorded_count_when_their_pods_are_gone():
    found = world({"trialHours": {"hard": 3}})
    number = found.running()[0].number
    old = found.records[number]
    gone = AttemptRecord(0, "long-gone", held=3 * HOUR, over=True)
    found.records[number] = replace(old, attempts=(gone, *old.attempts))
    found.settle()
    assert found.said("BudgetSpent") == ("True", "HardLimitMet")

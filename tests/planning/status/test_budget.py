"""What a Study says of its budget, and when it says so again."""

import pytest

from espalier.api.reasons import StudyReason
from espalier.api.study_status import StudyStatus
from espalier.planning.budgets.spending import Limit, Spending
from espalier.planning.status.budget import budget_phrase, budget_status
from espalier.planning.status.study_events import events_of
from tests.planning.worlds import NOW, study

HOUR = 3600.0
GPU = Limit("gpuHours", used=50 * HOUR, soft=100 * HOUR, hard=120 * HOUR, rate=8.0)
SOFT = Limit("gpuHours", used=100 * HOUR, soft=100 * HOUR, hard=120 * HOUR, rate=8.0)
HARD = Limit("wallClock", used=100.0, soft=None, hard=90.0, rate=1.0)


def test_a_limit_tells_what_is_left_and_when_it_is_met():
    status = budget_status(Spending(NOW, (GPU,)))
    assert status == {
        "limits": [
            {
                "name": "gpuHours",
                "usedHours": 50.0,
                "softHours": 100.0,
                "hardHours": 120.0,
                "leftHours": 70.0,
                "softAt": "2027-01-15T14:15:00Z",
                "hardAt": "2027-01-15T16:45:00Z",
            }
        ]
    }
    assert StudyStatus.model_validate({"budget": status}).budget is not None


def test_a_limit_that_is_met_says_so_and_is_not_forecast():
    status = budget_status(Spending(NOW, (SOFT, HARD)))
    assert status is not None
    soft, hard = status["limits"]
    assert (soft["met"], hard["met"]) == ("Soft", "Hard")
    assert "softAt" not in soft
    assert "hardAt" in soft
    assert "hardAt" not in hard
    assert hard["leftHours"] == 0.0


def test_nothing_is_forecast_while_nothing_is_used():
    still = Limit("gpuHours", used=0.0, soft=HOUR, hard=None, rate=0.0)
    status = budget_status(Spending(NOW, (still,)))
    assert status is not None
    assert set(status["limits"][0]) == {"name", "usedHours", "softHours", "leftHours"}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((GPU,), (False, StudyReason.WITHIN_BUDGET)),
        ((SOFT,), (True, StudyReason.SOFT_LIMIT_MET)),
        ((GPU, HARD), (True, StudyReason.HARD_LIMIT_MET)),
    ],
)
def test_the_condition_says_how_far_it_is_spent(limits, said):
    phrase = budget_phrase({}, Spending(NOW, limits))
    assert phrase is not None
    assert (phrase.status, phrase.reason) == said


def test_a_study_without_a_budget_says_nothing_unless_it_had_one():
    assert budget_phrase({}, Spending()) is None
    told = {"conditions": [{"type": "BudgetSpent", "status": "True", "reason": "SoftLimitMet"}]}
    phrase = budget_phrase(told, Spending())
    assert phrase is not None
    assert phrase.status is False


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        (None, ("False", "WithinBudget"), []),
        (("False", "WithinBudget"), ("True", "SoftLimitMet"), ["SoftLimitMet"]),
        (("True", "SoftLimitMet"), ("True", "HardLimitMet"), ["HardLimitMet"]),
        (("True", "HardLimitMet"), ("True", "HardLimitMet"), []),
        (("True", "HardLimitMet"), ("False", "WithinBudget"), ["WithinBudget"]),
    ],
)
def test_each_change_of_it_is_an_event(old, new, reasons):
    def status(said):
        if said is None:
            return {"startTime": "x"}
        found = {"type": "BudgetSpent", "status": said[0], "reason": said[1], "message": "m"}
        return {"startTime": "x", "conditions": [found]}

    events = list(events_of(study(status=status(old)), status(new)))
    assert [event.reason for event in events] == reasons
    assert [event.warning for event in events] == [new[0] == "True" for _ in reasons]

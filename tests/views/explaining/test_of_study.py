"""A study's prunings, its survivors and its risk are told as its log has them."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from espalier.api.judging import judge_of
from espalier.api.study_status import pruning_status
from espalier.cli.asking.source import Texts
from espalier.errors import UsageError
from espalier.pruning import Restraint
from espalier.study_log.feeding import feed
from espalier.study_log.log import StoredDecision, StoredProposal
from espalier.views.explaining import pruning_told
from espalier.views.gathered import Gathered
from espalier.views.plain import View
from espalier.views.query import Query
from espalier.views.questions import answer
from tests.views.explaining.studies import GUARDED, PRUNERS, Recorded, record, settings_for

BRAKES = {
    3: Restraint(),
    6: Restraint(paused=True),
    9: Restraint(keep_best=2, protected=frozenset({13})),
    12: Restraint(keep_best=2),
}


@pytest.fixture(scope="module", params=["Median", "Auto", "Any", "Hyperband"])
def recorded(request: pytest.FixtureRequest) -> Recorded:
    settings = settings_for(PRUNERS[request.param], pruning=GUARDED)
    return record(settings, seed=6, trials=24, changes=BRAKES)


def asked(gathered: Gathered, question: str, study: View | None = None, **query: str) -> View:
    view = answer(gathered, study, question, Query(Texts(query)))
    return json.loads(json.dumps(view, allow_nan=False))  # type: ignore[no-any-return]


def test_every_pruning_is_counted_once_by_reason_and_by_step(recorded: Recorded) -> None:
    gathered = recorded.gathered()
    rows = [each for each in recorded.decided if each.prunes]
    view = asked(gathered, "why")["prunings"]
    assert view["count"] == len(rows) == sum(each["count"] for each in view["byReason"])
    steps = Counter(each.step for each in rows)
    assert {each["step"]: each["count"] for each in view["byStep"]} == steps
    reasons = Counter(each.reason.value for each in rows)
    told: Counter[str] = Counter()
    for each in view["byReason"]:
        told[each["reason"]] += each["count"]
    assert told == reasons


def test_the_risk_is_what_a_judge_that_is_told_the_log_has_spent(recorded: Recorded) -> None:
    log = recorded.log()
    judge = judge_of(log.study.settings)
    for event in log.events:
        if not isinstance(event, StoredDecision | StoredProposal):
            feed(judge, event)
    expected = pruning_status(judge.summary())
    gathered = recorded.gathered()
    view = asked(gathered, "risk")
    assert view["toldBy"] == "Replayed"
    assert view["stated"] == expected.get("riskStated")
    assert view["spent"] == expected.get("riskSpent")
    assert view["falsePrunes"]["count"] == expected["falsePrunes"]
    assert view["falsePrunes"]["low"] == expected["falsePruneLow"]
    rows = [each for each in recorded.decided if each.prunes and "risk" in each.evidence]
    assert [each["risk"] for each in view["prunings"]] == [each.evidence["risk"] for each in rows]
    if view["stated"] is not None:
        assert sum(each["risk"] for each in view["prunings"]) == pytest.approx(view["spent"])
    assert asked(gathered, "shadows")["shadows"] == expected["shadows"]


def test_what_the_operator_says_is_taken_where_it_is_at_hand(recorded: Recorded) -> None:
    said = {"status": {"pruning": {"riskStated": 0.05, "riskSpent": 0.01, "falsePrunes": 1}}}
    view = asked(recorded.gathered(), "risk", said)
    assert (view["toldBy"], view["spent"]) == ("Status", 0.01)


def test_of_a_log_that_is_too_long_only_the_status_says_it(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning_told, "MOST_REPLAYED", 10)
    view = asked(recorded.gathered(), "why")
    assert view["risk"]["toldBy"] == "Nobody"
    assert view["risk"]["spent"] is None
    assert view["prunings"]["count"]


def test_what_people_changed_is_told_in_order(recorded: Recorded) -> None:
    changes = asked(recorded.gathered(), "why")["changes"]
    assert [each["changed"] for each in changes] == [
        ["keepBest became 1 (it was 2)"],
        ["pruning was paused"],
        ["pruning went on", "keepBest became 2 (it was 1)", "trial 13 was protected"],
        ["trial 13 was no longer protected"],
    ]


def test_exempt_trials_and_survivors_are_named(recorded: Recorded) -> None:
    gathered = recorded.gathered()
    view = asked(gathered, "why")
    assert view["exempt"]["trials"] == [n for n in sorted(gathered.values) if gathered.exempt(n)]
    assert not {each["trial"] for each in view["survived"]["best"]} & set(gathered.prunes)
    assert sum(view["survived"]["counts"].values()) == len(gathered.numbers)


@pytest.mark.parametrize("limit", ["7", "500"])
def test_all_decisions_are_listed_once_page_after_page(recorded: Recorded, limit: str) -> None:
    gathered = recorded.gathered()
    items, more = [], "0"
    while more:
        query = {"action": "Any", "limit": limit, "continue": more}
        page = asked(gathered, "decisions", **query)
        items += page["items"]
        more = page["continue"]
    rows = [row for row in recorded.rows if row["kind"] == "decision"]
    told = [(each["seq"], each["shadow"] or "", each["trial"], each["step"]) for each in items]
    assert told == sorted(
        (row["seq"], row["shadow"] or "", row["trial"], row["step"]) for row in rows
    )


def test_prunings_are_listed_by_reason_and_after_a_place(recorded: Recorded) -> None:
    gathered = recorded.gathered()
    prunes = sorted(gathered.prunes.values(), key=lambda stored: stored.seq)
    view = asked(gathered, "decisions")
    assert [each["trial"] for each in view["items"]] == [each.decision.trial for each in prunes]
    middle = prunes[len(prunes) // 2].seq
    later = asked(gathered, "decisions", after=str(middle))
    assert [each["seq"] for each in later["items"]] == [p.seq for p in prunes if p.seq > middle]
    reason = prunes[0].decision.reason.value
    some = asked(gathered, "decisions", reason=reason)["items"]
    assert {each["reason"] for each in some} == {reason}
    with pytest.raises(UsageError, match="expected"):
        asked(gathered, "decisions", reason="Nonsense")
    with pytest.raises(UsageError, match="expected"):
        asked(gathered, "decisions", action="nonsense")


def test_a_study_in_which_nothing_happened_is_told_too() -> None:
    gathered = record(settings_for(PRUNERS["Auto"]), trials=0).gathered()
    view = asked(gathered, "why")
    assert view["prunings"]["count"] == 0
    assert asked(gathered, "decisions", action="Any")["items"] == []
    assert asked(gathered, "risk")["spent"] == 0.0

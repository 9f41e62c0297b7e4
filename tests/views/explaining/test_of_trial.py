"""A trial is told step by step, by the numbers of its stored decisions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from espalier.api.judging import judge_of
from espalier.pruning import FIRST_REPEAT, Restraint, Will, Wish
from espalier.pruning.oversight.wish import decision_of
from espalier.study_log.read_lines import read_lines
from espalier.views.explaining.of_study import why_study
from espalier.views.explaining.of_trial import why_trial
from espalier.views.gathered import Gathered, gather
from tests.views.explaining.studies import GUARDED, PRUNERS, Recorded, record, settings_for

BRAKES = {6: Restraint(paused=True), 12: Restraint(keep_best=2, protected=frozenset({13, 14}))}


@pytest.fixture(scope="module", params=PRUNERS)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    settings = settings_for(PRUNERS[request.param], pruning=GUARDED)
    return record(settings, seed=4, trials=18, nans=0.02, changes=BRAKES)


def rows_on(recorded: Recorded, trial: int) -> list[dict[str, Any]]:
    """Return the rows of the acting judge's decisions on a trial."""
    return [
        row
        for row in recorded.rows
        if row["kind"] == "decision" and row["trial"] == trial and row["shadow"] is None
    ]


def numbers_in(view: Any) -> Iterator[float]:
    if isinstance(view, dict):
        for each in view.values():
            yield from numbers_in(each)
    elif isinstance(view, list | tuple):
        for each in view:
            yield from numbers_in(each)
    elif isinstance(view, float):
        yield view


def test_each_pruned_trial_names_the_numbers_of_its_decision_row(recorded: Recorded) -> None:
    gathered = recorded.gathered()
    for trial in gathered.prunes:
        view = json.loads(json.dumps(why_trial(gathered, trial)))
        row = next(row for row in rows_on(recorded, trial) if row["action"] == "Prune")
        decided = view["decided"]
        for name, value in row["evidence"].items():
            expected = None if isinstance(value, dict) else value
            assert decided["evidence"][name] == expected
            assert repr(decided["evidence"][name]) == repr(expected)
        told = set(map(repr, decided["numbers"].values()))
        assert told <= {
            *map(repr, row["evidence"].values()),
            "None",
            repr(decided["numbers"]["measure"]),
        }
        assert (decided["reason"], decided["step"]) == (row["reason"], row["step"])
        assert view["different"]["had"] in (None, value_at(recorded, trial, row["seq"]))


def value_at(recorded: Recorded, trial: int, seq: int) -> float:
    return float(
        next(
            row["value"]
            for row in recorded.rows
            if row["kind"] == "observation" and row["seq"] == seq and row["trial"] == trial
        )
        or math.nan
    )


def test_every_step_is_told_once_and_what_says_nothing_is_taken_together(
    recorded: Recorded,
) -> None:
    gathered = recorded.gathered()
    for trial in gathered.values:
        view = why_trial(gathered, trial, most=0)
        rows = rows_on(recorded, trial)
        assert sum(line["count"] for line in view["steps"]) == len(rows) == view["judged"]
        assert view["leftOut"] == 0
        for before, line in pairwise(view["steps"]):
            assert before["toStep"] < line["fromStep"]
            dull = before["kind"] == line["kind"] == "Waiting"
            assert not (dull and before["reason"] == line["reason"])
        for line in view["steps"]:
            assert line["count"] == 1 or line["kind"] == "Waiting"


def test_a_trial_has_the_place_that_counting_gives_it(recorded: Recorded) -> None:
    gathered = recorded.gathered()
    score = gathered.study.terms.direction.score
    for trial in list(gathered.prunes)[:4]:
        for line in why_trial(gathered, trial)["steps"]:
            heights = {}
            for other, values in gathered.values.items():
                known = {
                    step: value
                    for step, value, seq in reversed(
                        list(zip(values.steps, values.values, values.seqs, strict=True))
                    )
                    if seq <= line["seq"]
                }
                if known and max(known) >= line["step"]:
                    value = known[max(step for step in known if step <= line["step"])]
                    heights[other] = -math.inf if math.isnan(value) else score(value)
            better = sum(height > heights[trial] for height in heights.values())
            assert line["place"] == {"rank": better + 1, "of": len(heights)}


def test_one_step_alone_is_told_with_what_shadows_would_have_done(recorded: Recorded) -> None:
    gathered = recorded.gathered()
    trial = next(iter(gathered.prunes))
    step = gathered.prunes[trial].decision.step
    view = why_trial(gathered, trial, step=step, counterfactual=True)
    assert {line["step"] for line in view["steps"]} == {step}
    assert view["decided"]["action"] == "Prune"
    for shadow in view["counterfactual"]:
        assert shadow["shadow"] in ("halving", "median")
        assert shadow["decision"]["step"] == step
    assert why_trial(gathered, trial, step=999)["note"]


def test_a_shadow_would_have_pruned_where_its_own_decision_says_so(recorded: Recorded) -> None:
    gathered = recorded.gathered()
    for trial in gathered.values:
        for told in why_trial(gathered, trial, counterfactual=True)["counterfactual"]:
            rows = [
                row
                for row in recorded.rows
                if row["kind"] == "decision"
                and (row["trial"], row["shadow"]) == (trial, told["shadow"])
            ]
            would = [row for row in rows if row["action"] == "Prune" or row["reason"] == "Exempt"]
            assert told["would"] == ("Prune" if would else "Keep")
            assert told["judged"] == len(rows)
            if would:
                assert told["step"] == would[0]["step"]


def test_what_was_overruled_is_told_with_what_overruled_it() -> None:
    settings = settings_for(PRUNERS["Median"], pruning={**GUARDED, "exemptPercent": 30})
    recorded = record(settings, seed=8, trials=24, changes=BRAKES)
    gathered = recorded.gathered()
    told = {
        line["reason"]: line
        for trial in gathered.values
        for line in why_trial(gathered, trial)["steps"]
        if line["kind"] == "Overruled"
    }
    assert {"Exempt", "PruningPaused", "Protected"} <= set(told)
    for line in told.values():
        assert line["overruled"] in line["sentence"]
        assert line["numbers"]["cutOff"] == line["evidence"]["threshold"]


def changed(recorded: Recorded, rows: list[dict[str, Any]]) -> Gathered:
    """Return a study whose log has these rows more, or instead of those of the same seq."""
    lines = [json.dumps(row) for row in [*recorded.rows, *rows]]
    return gather(read_lines(iter(lines), "log"))


def test_a_trial_on_which_nothing_was_decided_says_so() -> None:
    recorded = record(settings_for(PRUNERS["Median"]), trials=3)
    seen = {"attempt": 1, "metric": "val_accuracy", "step": 1, "value": 0.5, "at": 1.0}
    repeat = {"kind": "observation", "trial": FIRST_REPEAT + 201, "seq": 10_000, **seen}
    silent = {"kind": "observation", "trial": 77, "seq": 10_001, **seen}
    gathered = changed(recorded, [repeat, silent])
    for trial, word in ((FIRST_REPEAT + 201, "repeat"), (77, "Nothing")):
        view = why_trial(gathered, trial, counterfactual=True)
        assert word in view["note"]
        assert (view["steps"], view["decided"], view["different"]) == ([], None, None)
        assert view["counterfactual"] == []


def test_a_decision_on_another_trial_than_the_one_that_reported_claims_nothing() -> None:
    recorded = record(settings_for(PRUNERS["Median"]), trials=6, workers=2)
    gathered = recorded.gathered()
    trial = next(trial for trial in gathered.values if trial not in gathered.prunes)
    first = next(row for row in recorded.rows if row["kind"] == "decision")
    said = {
        "action": "Prune",
        "reason": "PluginPrunes",
        "evidence": {"why": "[bold]ousted\x1b[31m"},
    }
    row = {**first, **said, "trial": trial, "seq": recorded.rows[-1]["seq"], "step": 3}
    view = why_trial(changed(recorded, [row]), trial)
    assert view["different"]["value"] is None
    assert "another trial" in view["different"]["sentence"]


def test_a_log_that_this_version_does_not_come_to_claims_nothing() -> None:
    recorded = record(settings_for(PRUNERS["Median"]), trials=9)
    for row in recorded.rows:
        if row["kind"] == "decision" and row["action"] == "Prune":
            row["evidence"]["threshold"] = 123.0
    gathered = recorded.gathered()
    for trial in gathered.prunes:
        different = why_trial(gathered, trial)["different"]
        assert different["value"] is None
        assert "does not decide as was recorded" in different["sentence"]


def test_a_study_whose_pruner_is_not_installed_still_tells_what_is_stored() -> None:
    recorded = record(settings_for(PRUNERS["Median"]), trials=9)
    recorded.rows[0]["settings"]["pruner"] = {"type": "Mine", "mine": {}}
    gathered = recorded.gathered()
    view = why_trial(gathered, next(iter(gathered.prunes)))
    assert view["different"]["basis"] == "None"
    assert view["decided"]["numbers"]["cutOff"] is not None


def test_values_that_came_out_of_order_are_ranked_as_the_first_of_each_step() -> None:
    recorded = record(settings_for(PRUNERS["Median of the last"]), seed=1, trials=8)
    again = []
    for row in list(recorded.rows):
        if row["kind"] == "observation" and row["trial"] % 2:
            # Of a second attempt nothing counts that it says of steps that were there.
            again.append({**row, "attempt": 2, "value": 9.0, "seq": row["seq"] + 10**6})
    straight, twisted = recorded.gathered(), changed(recorded, again)
    assert not all(values.ascending for values in twisted.values.values())
    for trial in straight.prunes:
        lines = [why_trial(each, trial)["steps"] for each in (straight, twisted)]
        assert [line["place"] for line in lines[0]] == [line["place"] for line in lines[1]]


def test_a_trial_that_a_person_pruned_is_told_by_whom_and_no_value_would_have_kept_it() -> None:
    recorded = record(settings_for(PRUNERS["Median"]), trials=6, workers=2)
    gathered = recorded.gathered()
    trial = next(trial for trial in gathered.values if trial not in gathered.prunes)
    wish = Wish(trial, Will.PRUNE, "it [b]smokes\x1b", "ann")
    seq = recorded.rows[-1]["seq"] + 1
    change = {"kind": "change", "seq": seq, "at": 5.0, **Restraint().to_dict()}
    decision = decision_of(wish, judge_of(gathered.study.settings).ledger.curve(trial))
    row = {"kind": "decision", "seq": seq, "at": 5.0, "shadow": None, **decision.to_dict()}
    gathered = changed(recorded, [change | {"wishes": [wish.to_dict()]}, row])
    view = why_trial(gathered, trial)
    assert (view["decided"]["kind"], view["different"]) == ("Person", None)
    assert "ann asked for it: it [b]smokes" in view["decided"]["sentence"]
    told = why_study(gathered)
    assert told["changes"][-1]["changed"] == [f"trial {trial} was pruned by ann: it [b]smokes\x1b"]
    assert "PrunedByPerson" in {each["reason"] for each in told["prunings"]["byReason"]}

"""Which trials are run again, and which trials such repeats are."""

from dataclasses import replace

import pytest

from espalier.errors import SpecError
from espalier.planning import effects
from espalier.planning.finalists.choosing import choose
from espalier.planning.finalists.repeating import are_due, check_repeat, missing
from espalier.planning.standing.look import look_at
from espalier.planning.world.record import End, MadeTrial, Origin, TrialRecord
from espalier.pruning import Repeat, TrialState
from tests.planning.worlds import (
    NOW,
    TEMPLATE,
    of_type,
    planned,
    record,
    snapshot,
    study,
    study_condition,
    trial,
)

WANTED = {"count": 2, "repeats": 2}
CHOSEN = [{"number": 1, "trial": "s-1"}, {"number": 2, "trial": "s-2"}]


def done(number: int, value: float | None, reason="Completed", state=TrialState.COMPLETED):
    """Return the record of a trial that has ended with a last value."""
    end = End(reason, "said so", state, NOW - 100, template=TEMPLATE)
    return TrialRecord(number, attempt=1, step=10, latest=value, best=value, end=end)


VALUES = (0.5, 0.9, 0.7, 0.6)


def ended_study(*more, status=None, finalists=WANTED, seen=(), own=None, **spec):
    """Return a snapshot of a study whose four sampled trials have completed."""
    records = [done(number, value) for number, value in enumerate(VALUES)]
    views = [trial(number) for number in range(4)] if own is None else own
    view = study(finalists=finalists, status=status or {}, **spec)
    return snapshot(view, trials=(*views, *seen), record=record(*records, *more, best=1), sampled=4)


def repeated(of: int, index: int, value: float | None = 0.8, **how) -> TrialRecord:
    return done(Repeat(of, index).number, value, **how)


def created(found) -> list[str]:
    return [each.body["metadata"]["name"] for each in of_type(found, effects.CreateTrial)]


def status_of(found) -> dict:
    (write,) = of_type(found, effects.WriteStudyStatus)
    return dict(write.status)


def test_finalists_are_written_down_before_any_of_them_is_run_again():
    found = planned(ended_study())
    assert created(found) == []
    assert status_of(found)["finalists"] == [
        {"number": 1, "trial": "s-1", "value": 0.9, "completed": 0, "failed": 0},
        {"number": 2, "trial": "s-2", "value": 0.7, "completed": 0, "failed": 0},
    ]
    assert study_condition(found, "Succeeded")["status"] == "Unknown"
    said = study_condition(found, "Progressing")
    assert said["reason"] == "Repeating"
    assert said["message"] == ("Trials 1 and 2 run again with other seeds: repeats 0 of 4 ended.")


def test_the_first_repeat_of_each_comes_before_the_second_of_any():
    snap = ended_study(status={"finalists": CHOSEN})
    assert created(planned(snap)) == ["s-1r1", "s-2r1"]
    order = ((1, 1), (2, 1), (1, 2), (2, 2))
    assert list(missing(look_at(snap))) == [Repeat(*each).number for each in order]


def test_a_repeat_has_its_finalists_parameters_and_says_whose_it_is():
    views = [trial(number, parameters={"lr": number / 10}) for number in range(4)]
    (one, _) = of_type(
        planned(ended_study(status={"finalists": CHOSEN}, own=views)), effects.CreateTrial
    )
    assert one.body["spec"] == {
        "study": {"name": "s", "uid": "study-uid"},
        "repeat": {"of": 1, "index": 1},
        "parameters": {"lr": 0.1},
    }


def test_a_finalist_whose_object_is_gone_is_run_again_as_it_was_recorded():
    snap = ended_study(status={"finalists": CHOSEN}, own=())
    made = {1: MadeTrial("s-1", '{"lr":0.3}', Origin.SAMPLED)}
    snap = replace(snap, record=replace(snap.record, made=made))
    made = of_type(planned(snap), effects.CreateTrial)
    assert [each.body["metadata"]["name"] for each in made] == ["s-1r1", "s-1r2"]
    assert [each.body["spec"]["parameters"] for each in made] == [{"lr": 0.3}] * 2
    assert choose(look_at(snap)) == (1,), "of the others nobody knows the parameters"


@pytest.mark.parametrize(
    ("values", "count", "chosen"),
    [
        pytest.param({0: 0.5, 1: 0.9, 2: 0.7}, 2, (1, 2), id="the best first"),
        pytest.param({0: 0.9, 1: 0.9}, 1, (0,), id="of equals the first"),
        pytest.param({0: 0.9}, 5, (0,), id="fewer where fewer have completed"),
        pytest.param({0: float("nan"), 1: 0.1}, 2, (1,), id="none that diverged at its end"),
    ],
)
def test_finalists_are_the_best_by_their_last_values(values, count, chosen):
    view = study(finalists={"count": count})
    found = snapshot(
        view,
        trials=tuple(trial(number) for number in values),
        record=record(*(done(*each) for each in values.items())),
        sampled=len(values),
    )
    assert choose(look_at(found)) == chosen


def test_what_comes_late_does_not_choose_others():
    snap = ended_study(status={"finalists": CHOSEN})
    late = replace(snap, record=record(*(done(n, 1.0 - v) for n, v in enumerate(VALUES)), best=0))
    late = replace(late, record=replace(late.record, sampled=4))
    assert created(planned(late)) == ["s-1r1", "s-2r1"]


def test_a_study_that_has_ended_goes_on_where_finalists_are_added():
    over = planned(ended_study(finalists=None))
    assert study_condition(over, "Succeeded")["status"] == "True"
    status = {"completionTime": "2027-01-15T08:00:40Z", "startTime": "2027-01-15T07:00:40Z"}
    found = planned(ended_study(status=status))
    assert status_of(found)["completionTime"] is None
    assert study_condition(found, "Succeeded")["status"] == "Unknown"


ALL_DONE = (
    repeated(1, 1, 0.5), repeated(1, 2, 0.6), repeated(2, 1, 0.71), repeated(2, 2, 0.69)
)  # fmt: skip


def test_the_best_is_named_by_the_mean_when_all_repeats_have_ended():
    found = planned(ended_study(*ALL_DONE, status={"finalists": CHOSEN}))
    best = status_of(found)["best"]
    assert (best["number"], best["trial"], best["value"]) == (2, "s-2", 0.7)
    assert best["mean"] == pytest.approx(0.7)
    assert best["repeats"] == 2
    assert best["meanLow"] < 0.7 < best["meanHigh"]
    said = study_condition(found, "Succeeded")
    assert said["status"] == "True"
    assert said["message"].startswith(
        "All 4 trials have ended. By 2 repeats, trial 2 is best: 0.7 [0.572938, 0.827062]; trial "
        "1, which led with 0.9, has 0.55"
    )
    assert status_of(found)["ended"] == "8/8"
    events = [each.message for each in of_type(found, effects.EmitEvent)]
    assert any("By 2 repeats, trial 2 is best" in each for each in events)


def test_while_repeats_run_the_best_is_still_the_one_that_leads():
    found = planned(ended_study(*ALL_DONE[:2], status={"finalists": CHOSEN}))
    assert status_of(found)["best"]["number"] == 1
    assert status_of(found)["ended"] == "6/8"
    assert "repeats 2 of 4 ended" in study_condition(found, "Progressing")["message"]


def test_a_repeat_that_fails_for_good_is_left_out_of_the_mean():
    broken = repeated(1, 2, None, reason="TrainerFailed", state=TrialState.FAILED)
    found = planned(ended_study(ALL_DONE[0], broken, *ALL_DONE[2:], status={"finalists": CHOSEN}))
    first, second = status_of(found)["finalists"]
    assert first == {
        "number": 1, "trial": "s-1", "value": 0.9, "mean": 0.5, "completed": 1, "failed": 1
    }  # fmt: skip
    assert (second["completed"], "toldApart" in second) == (2, False)
    assert "0.5 (1 repeat, no interval)" in study_condition(found, "Succeeded")["message"]


def test_too_many_failures_fail_the_study_and_no_finalist_runs():
    broken = [
        done(number, None, "TrainerFailed", TrialState.FAILED) for number in range(10**6, 10**6 + 3)
    ]
    found = planned(ended_study(*broken))
    assert study_condition(found, "Failed")["reason"] == "TooManyFailures"
    assert "finalists" not in status_of(found)


def test_at_the_target_running_trials_end_and_finalists_are_run_again():
    objective = {"metric": "accuracy", "direction": "Maximize", "target": 0.85}
    more = {"objective": objective, "trials": {"max": 9}}
    running = ended_study(seen=(trial(4),), **more)
    found = planned(running)
    (end,) = of_type(found, effects.RecordEnd)
    assert (end.number, end.end.reason) == (4, "StudyEnded")
    assert "finalists" not in {k: v for k, v in status_of(found).items() if v is not None}
    found = planned(ended_study(**more))
    assert [each["number"] for each in status_of(found)["finalists"]] == [1, 2]
    again = ended_study(status={"finalists": CHOSEN}, **more)
    assert created(planned(again)) == ["s-1r1", "s-2r1"]
    over = planned(ended_study(*ALL_DONE, status={"finalists": CHOSEN}, **more))
    assert study_condition(over, "Succeeded")["reason"] == "TargetReached"
    assert "By 2 repeats" in study_condition(over, "Succeeded")["message"]


def test_a_suspended_study_makes_no_repeat():
    assert created(planned(ended_study(status={"finalists": CHOSEN}, suspend=True))) == []


def test_a_trial_that_was_added_by_hand_opens_the_search_again():
    added = trial(1_000_000, name="mine")
    found = planned(ended_study(status={"finalists": CHOSEN}, seen=(added,)))
    assert created(found) == []
    assert status_of(found)["finalists"] is None


def test_numbers_of_trials_made_by_hand_do_not_follow_on_repeats():
    mine = replace(trial(0), number=None, name="mine", adopted=False, sampled=False)
    snap = ended_study(*ALL_DONE, status={"finalists": CHOSEN}, seen=(mine,))
    (adopted,) = of_type(planned(snap), effects.AdoptTrial)
    assert adopted.number == 1_000_000


def test_a_repeat_whose_name_another_trial_has_is_given_up():
    other = trial(1_000_000, name="s-1r1")
    snap = ended_study(done(1_000_000, 0.1), status={"finalists": CHOSEN}, seen=(other,))
    assert Repeat(1, 1).number not in list(missing(look_at(snap)))
    assert are_due(look_at(snap))


def test_a_repeat_whose_parameters_nobody_knows_any_more_is_not_waited_for():
    snap = ended_study(status={"finalists": CHOSEN}, own=())
    assert not are_due(look_at(snap))
    assert study_condition(planned(snap), "Succeeded")["status"] == "True"


def repeat_view(of: int, index: int, **changes):
    name = changes.pop("name", f"s-{of}r{index}")
    return trial(Repeat(of, index).number, name=name, repeat=True, **changes)


@pytest.mark.parametrize(
    ("view", "field"),
    [
        pytest.param(repeat_view(0, 1), "spec.repeat", id="of a trial that is no finalist"),
        pytest.param(
            trial(1_000_001, name="mine", repeat=True), "spec.repeat", id="under another name"
        ),
        pytest.param(
            repeat_view(1, 1, parameters={"lr": 0.9}), "spec.parameters", id="other parameters"
        ),
    ],
)
def test_a_trial_that_only_says_that_it_is_a_repeat_is_refused(view, field):
    look = look_at(ended_study(status={"finalists": CHOSEN}))
    with pytest.raises(SpecError) as caught:
        check_repeat(look, view)
    assert str(caught.value).startswith(field)
    found = planned(ended_study(status={"finalists": CHOSEN}, seen=(view,)))
    ends = [each for each in of_type(found, effects.RecordEnd) if each.number == view.number]
    assert [each.end.reason for each in ends] == ["ParametersRefused"]


def test_a_repeat_that_was_made_and_deleted_is_not_made_again():
    snap = ended_study(status={"finalists": CHOSEN})
    number = Repeat(1, 1).number
    made = {number: MadeTrial("s-1r1", '{"lr":0.1}', Origin.REPEAT)}
    snap = replace(snap, record=replace(snap.record, made=made))
    found = planned(snap)
    assert [each.name for each in of_type(found, effects.LookFor)] == ["s-1r1"]
    gone = replace(snap, absent={("trials", "s-1r1"): "a GET says so"})
    (end,) = of_type(planned(gone), effects.RecordEnd)
    assert (end.number, end.end.reason) == (number, "DeletedByUser")

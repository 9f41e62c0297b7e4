"""When the liveness probe fails, and what it says."""

import pytest

from espalier.metrics import ControlView, LivenessLimits, judge_liveness
from espalier.metrics.health import FirstPass, judge_readiness

LIMITS = LivenessLimits(watch_age=150, queue_age=100)


@pytest.mark.parametrize(
    ("view", "ok", "said"),
    [
        pytest.param(ControlView(), True, "alive", id="nothing is watched yet: alive"),
        pytest.param(
            ControlView(watch_ages={"jobs": 150.0}), True, "alive", id="a watch at the limit: alive"
        ),
        pytest.param(
            ControlView(
                watch_ages={"studies": 1.0, "jobs": 151.0},
                list_ages={"studies": 9.0, "jobs": 9.0},
            ),
            False,
            "the watch of jobs is silent for 151 s (limit 150 s), the last list was 9 s ago",
            id="one silent watch while lists come: not alive, whatever the others do",
        ),
        pytest.param(
            ControlView(watch_ages={"jobs": 899.0}, list_ages={"jobs": 899.0}),
            True,
            "nothing was listed for 899 s: is the API server reachable?",
            id="the API server is away, where a restart helps nobody: alive, and it says so",
        ),
        pytest.param(
            ControlView(watch_ages={"jobs": 901.0}, list_ages={"jobs": 899.0}),
            False,
            "the last list was 899 s ago: is the API server reachable?",
            id="it is away for very long: a restart is tried",
        ),
        pytest.param(
            ControlView(watch_ages={"jobs": 1.0}, list_ages={"jobs": 700.0}),
            True,
            "nothing was listed for 700 s",
            id="lists fail and watches live: alive, and it says so",
        ),
        pytest.param(
            ControlView(queue_depth=5000, queue_oldest_age=99.0),
            True,
            "5000 in the queue",
            id="a long queue that moves: alive",
        ),
        pytest.param(
            ControlView(queue_depth=1, queue_oldest_age=101.0),
            False,
            "waits to be reconciled for 101 s",
            id="a queue that stands still: not alive",
        ),
        pytest.param(
            ControlView(queue_depth=600, queue_oldest_age=900.0, queue_idle=3.0, starting=True),
            True,
            "600 in the queue",
            id="at the start all wait at once, and one after the other is looked at: alive",
        ),
        pytest.param(
            ControlView(queue_depth=600, queue_oldest_age=900.0, queue_idle=101.0, starting=True),
            False,
            "waits to be reconciled for 101 s",
            id="at the start none is looked at: not alive",
        ),
        pytest.param(
            ControlView(queue_depth=3, queue_oldest_age=900.0, reading=7, reading_idle=99.0),
            True,
            "the logs of 7 studies are being read",
            id="logs are read, which takes long: alive",
        ),
        pytest.param(
            ControlView(reading=7, reading_idle=151.0),
            False,
            "no piece of a log was read for 151 s",
            id="a reader that is stuck: not alive",
        ),
    ],
)
def test_watches_and_queue(view, ok, said):
    health = judge_liveness(view, LIMITS)
    assert health.ok is ok
    assert said in health.message


@pytest.mark.parametrize(("age", "ok"), [(0.0, True), (60.0, True), (61.0, False)])
def test_a_loop_that_makes_no_new_view_is_stuck_however_good_the_old_one_was(age, ok):
    health = judge_liveness(ControlView(watch_ages={"jobs": 1.0}), LIMITS, age)
    assert health.ok is ok
    assert ok or "stuck for 61 s" in health.message


def test_the_first_pass_is_over_when_the_queue_was_empty_once():
    start = FirstPass()
    assert [start.idle(0, 0, 1.0), start.going_on] == [0.0, True]
    assert [start.idle(9, 0, 2.0), start.going_on] == [1.0, True]
    assert [start.idle(5, 4, 5.0), start.going_on] == [0.0, True]
    assert [start.idle(5, 4, 8.0), start.going_on] == [3.0, True]
    assert [start.idle(0, 9, 9.0), start.going_on] == [0.0, False]
    assert [start.idle(3, 9, 12.0), start.going_on] == [3.0, False]


def test_an_operator_that_reads_logs_is_ready_for_the_other_studies_and_says_so():
    assert judge_readiness(ControlView()).message == "ready"
    told = judge_readiness(ControlView(reading=2, reading_idle=500.0))
    assert told.ok
    assert "the logs of 2 studies are being read" in told.message


@pytest.mark.parametrize(
    ("claims", "others", "ok", "said"),
    [
        pytest.param({"Held": 2, "Foreign": 0}, {}, True, "ready", id="alone"),
        pytest.param(
            {"Held": 1, "Foreign": 1},
            {"b": "system/other_x"},
            True,
            "ready; stands back in b (run by system/other_x)",
            id="another works in one of two namespaces",
        ),
        pytest.param(
            {"Held": 0, "Foreign": 2},
            {"b": "other", "a": "other"},
            False,
            "not ready; stands back in a (run by other), b (run by other)",
            id="another works in all",
        ),
    ],
)
def test_an_operator_that_stands_back_says_where_and_for_whom(claims, others, ok, said):
    told = judge_readiness(ControlView(claims=claims, others=others))
    assert (told.ok, told.message) == (ok, said)

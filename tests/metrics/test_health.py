"""When the liveness probe fails, and what it says."""

import pytest

from espalier.metrics import ControlView, LivenessLimits, judge_liveness

LIMITS = LivenessLimits(watch_age=150, queue_age=100)


@pytest.mark.parametrize(
    ("view", "ok", "said"),
    [
        pytest.param(ControlView(), True, "alive", id="nothing is watched yet: alive"),
        pytest.param(
            ControlView(watch_ages={"jobs": 150.0}), True, "alive", id="a watch at the limit: alive"
        ),
        pytest.param(
            ControlView(watch_ages={"studies": 1.0, "jobs": 151.0}),
            False,
            "the watch of jobs is silent for 151 s (limit 150 s)",
            id="one silent watch: not alive, whatever the others do",
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

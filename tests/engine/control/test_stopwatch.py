"""For how long a pod fails to start, is remembered, and what is forgotten."""

from __future__ import annotations

import pytest

from espalier.engine.control.stopwatch import Stopwatch
from espalier.planning.world.kubelet_words import UNABLE_TO_START
from espalier.planning.world.record import AttemptRecord, End, StudyRecord, TrialRecord
from espalier.planning.world.snapshot import ContainerView, PodView, Span
from espalier.pruning import TrialState
from tests.planning.worlds import NOW, container, pod


class Looks:
    """A stopwatch that is looked at by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.stopwatch = Stopwatch(lambda: self.now)
        self.record = StudyRecord("u")

    def look(self, *pods: PodView, later: float = 0.0) -> dict[str, Span]:
        self.now += later
        return dict(self.stopwatch.look("u", pods, self.record, "trainer"))

    def blocked(self, *containers: ContainerView, later: float = 0.0, **more: object) -> float:
        mine = pod(0, *containers, phase="Pending", **more)
        return self.look(mine, later=later)["p0"].blocked


def waits(reason: str, name: str = "trainer") -> ContainerView:
    return container(name, running=False, started_at=None, waiting_reason=reason)


@pytest.mark.parametrize("reason", sorted(UNABLE_TO_START))
def test_a_container_that_cannot_start_is_blocked_since_the_first_failure(reason: str) -> None:
    looks = Looks()
    assert looks.blocked(waits("ContainerCreating")) == 0.0
    assert looks.blocked(waits("ContainerCreating"), later=300.0) == 0.0
    assert looks.blocked(waits(reason), later=1.0) == 0.0
    assert looks.blocked(waits(reason), later=4.0) == 4.0


def test_to_and_fro_between_failures_does_not_begin_anew_and_a_start_does() -> None:
    looks = Looks()
    looks.blocked(waits("ErrImagePull"))
    assert looks.blocked(waits("ImagePullBackOff"), later=5.0) == 5.0
    assert looks.blocked(waits("ErrImagePull"), later=5.0) == 10.0
    assert looks.blocked(waits("ContainerCreating"), later=5.0) == 15.0
    assert looks.blocked(waits("CreateContainerConfigError"), later=5.0) == 20.0
    assert looks.blocked(container(), later=5.0) == 0.0
    assert looks.blocked(waits("RunContainerError"), later=5.0) == 0.0


def test_the_container_that_fails_for_the_longest_time_counts() -> None:
    looks = Looks()
    looks.blocked(waits("ErrImagePull", "init"), waits("PodInitializing"))
    both = (waits("ErrImagePull", "init"), waits("CreateContainerError"))
    assert looks.blocked(*both, later=7.0) == 7.0
    started = (container("init"), waits("CreateContainerError"))
    assert looks.blocked(*started, later=2.0) == 2.0


def test_our_sidecar_is_started_again_where_its_hook_was_broken_off() -> None:
    looks = Looks()
    for _ in range(2):
        sidecar = waits("PostStartHookError", "espalier-sidecar")
        assert looks.blocked(waits("PodInitializing"), later=9.0, sidecar=sidecar) == 0.0
    unpulled = waits("ImagePullBackOff", "espalier-sidecar")
    looks.blocked(waits("PodInitializing"), sidecar=unpulled)
    assert looks.blocked(waits("PodInitializing"), later=9.0, sidecar=unpulled) == 9.0


def test_a_pod_that_waits_for_a_node_holds_nothing() -> None:
    looks = Looks()
    waiting = pod(0, waits(""), started_at=None, phase="Pending")
    looks.look(waiting)
    assert looks.look(waiting, later=500.0)["p0"] == Span()
    started = pod(0, waits("PodInitializing"), phase="Pending", started_at=NOW)
    looks.look(started, later=1.0)
    assert looks.look(started, later=30.0)["p0"] == Span(held=30.0)
    looks.look(pod(0), later=1.0)
    assert looks.look(pod(0), later=9.0)["p0"] == Span(held=40.0, ran=9.0)


def test_a_pod_that_is_gone_keeps_what_it_had_for_a_while() -> None:
    looks = Looks()
    looks.look(pod(0, started_at=None))
    looks.look(pod(0))
    held = looks.look(pod(0), later=20.0)["p0"].held
    assert looks.look(later=50.0)["p0"].held == held
    assert looks.look(later=500.0)["p0"].held == held
    assert looks.look(later=500.0) == {}


def test_trials_that_have_ended_are_not_measured() -> None:
    looks = Looks()
    ended = TrialRecord(0, end=End("Completed", "", TrialState.COMPLETED, NOW))
    looks.record = StudyRecord("u", {0: ended})
    assert looks.look(pod(0)) == {}


def test_a_study_that_is_forgotten_begins_with_what_is_recorded() -> None:
    looks = Looks()
    looks.look(pod(0, started_at=None))
    looks.look(pod(0), later=5.0)
    assert looks.look(pod(0), later=5.0)["p0"].held == 5.0
    looks.stopwatch.forget("u")
    looks.record = StudyRecord(
        "u", {0: TrialRecord(0, attempts=(AttemptRecord(1, "p0", held=70.0),))}
    )
    assert looks.look(pod(0))["p0"].held == 70.0

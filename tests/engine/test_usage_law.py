"""What a trial is said to have used never falls, and is the truth within the time of a look.

Whatever is evicted, suspended, drained, deleted by hand or restarted, and whenever the operator
looks. The truth is kept by the test; the operator sees pods, in whole seconds of the node's clock,
which is not its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.engine.control.stopwatch import Stopwatch
from espalier.planning.costs.usage import used, used_until_now
from espalier.planning.standing.sightings import joined, records
from espalier.planning.standing.standing import Standing
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.record import AttemptRecord, StudyRecord, TrialRecord
from espalier.planning.world.snapshot import ContainerView, PodView
from tests.planning.worlds import job, trial

GPUS = 2.0
INTERVAL = 10.0
ROUNDING = 1.0
EPOCH = 1_800_000_000.0


@dataclass
class Truth:
    """A pod as it is: when it got its node, and when it ended, by a clock that is right."""

    name: str
    created: float
    started: float | None = None
    trained: float | None = None
    ended: float | None = None
    code: int = 0
    deleting: bool = False
    disruption: str = ""
    there: bool = True

    def held(self, now: float) -> float:
        if self.started is None:
            return 0.0
        return (self.ended if self.ended is not None else now) - self.started

    def ran(self, now: float) -> float:
        if self.trained is None:
            return 0.0
        return (self.ended if self.ended is not None else now) - self.trained


@dataclass
class Play:
    """A trial's pods, and an operator that may be down; `skew` is how wrong the node's clock is."""

    skew: float = 0.0
    now: float = EPOCH
    pods: list[Truth] = field(default_factory=list)
    known: list[AttemptRecord] = field(default_factory=list)
    stopwatch: Stopwatch | None = None
    suspended: bool = False
    shown: float = 0.0
    looked: float = EPOCH
    longest: float = 0.0

    def __post_init__(self) -> None:
        self.up()

    # -- what happens -----------------------------------------------------------------------

    def make(self) -> None:
        """Let the Job controller make a pod where none is at work."""
        if self.suspended or any(pod.there and pod.ended is None for pod in self.pods):
            return
        self.pods.append(Truth(f"p{len(self.pods)}", self.now))

    def start(self) -> None:
        for pod in self._present():
            pod.started = pod.started or self.now

    def train(self) -> None:
        for pod in self._present():
            if pod.started is not None:
                pod.trained = pod.trained or self.now

    def go_on(self) -> None:
        """Do what comes next: a pod is made, gets its node, and trains."""
        pod = next(iter(self._present()), None)
        if pod is None:
            self.make()
        elif pod.started is None:
            self.start()
        else:
            self.train()

    def end(self, code: int = 0) -> None:
        for pod in self._present():
            if pod.started is not None:
                pod.ended, pod.code = self.now, code

    def fail(self) -> None:
        self.end(137)

    def evict(self) -> None:
        for pod in self._present():
            pod.deleting, pod.disruption = True, "EvictionByEvictionAPI"

    def suspend(self) -> None:
        """Suspend the Job, or resume it."""
        self.suspended = not self.suspended
        for pod in self._present():
            pod.deleting = pod.deleting or self.suspended

    def vanish(self) -> None:
        """Take away the objects of pods that are over, or are being deleted."""
        for pod in self._present(over=True):
            if pod.ended is not None or pod.deleting:
                pod.ended = pod.ended if pod.ended is not None else self.now
                pod.there = False

    def _present(self, *, over: bool = False) -> list[Truth]:
        return [pod for pod in self.pods if pod.there and (over or pod.ended is None)]

    # -- the operator -----------------------------------------------------------------------

    def up(self) -> None:
        self.stopwatch = self.stopwatch or Stopwatch(lambda: self.now)

    def down(self) -> None:
        self.stopwatch = None

    def crash(self) -> None:
        self.down()
        self.up()

    def look(self) -> None:
        """Look, and record what there is to record, as the plan says."""
        if self.stopwatch is None:
            return
        self.longest = max(self.longest, self.now - self.looked)
        self.looked = self.now
        standing = self.standing()
        for effect in records(standing, INTERVAL):
            seen = effect.attempt
            ordinals = {each.pod_uid: each.attempt for each in self.known}
            number = ordinals.get(seen.pod_uid, len(self.known) + 1)
            before = AttemptRecord(number, seen.pod_uid)
            before = next((e for e in self.known if e.attempt == number), before)
            self.known = [e for e in self.known if e.attempt != number]
            self.known = sorted([*self.known, joined(before, seen)], key=lambda e: e.attempt)
        self.check()

    def standing(self) -> Standing:
        assert self.stopwatch is not None
        record = TrialRecord(0, attempt=len(self.known), attempts=tuple(self.known))
        views = tuple(self.view(pod) for pod in self.pods if pod.there)
        study = StudyRecord("u", {0: record})
        spans = self.stopwatch.look("u", views, study, "trainer")
        mine = job(0, suspended=self.suspended)
        return Standing(
            0,
            record,
            view=trial(0),
            workload=mine,
            pods=views,
            spans=spans,
            blueprint=Blueprint(trainer="trainer"),
        )

    def view(self, pod: Truth) -> PodView:
        def told(at: float | None) -> float | None:
            return None if at is None else math.floor(at + self.skew)

        over = pod.ended is not None
        trainer = ContainerView(
            "trainer",
            running=pod.trained is not None and not over,
            started_at=told(pod.trained),
            finished_at=told(pod.ended) if pod.trained is not None else None,
            exit_code=pod.code if over and pod.trained is not None else None,
        )
        sidecar = ContainerView("espalier-sidecar", finished_at=told(pod.ended))
        return PodView(
            uid=pod.name,
            name=pod.name,
            number=0,
            job_name="s-0",
            job_uid="j0",
            phase="Failed" if over else "Running",
            created_at=math.floor(pod.created),
            started_at=told(pod.started),
            deleting=pod.deleting,
            disruption=pod.disruption,
            gpus=GPUS,
            containers={"trainer": trainer},
            sidecar=sidecar if pod.started is not None else None,
        )

    def check(self) -> None:
        standing = replace(self.standing(), record=TrialRecord(0, attempts=tuple(self.known)))
        shown = used(standing)
        assert shown.seconds >= self.shown
        assert used_until_now(standing).seconds >= shown.seconds
        self.shown = shown.seconds
        assert shown.gpu_seconds == pytest.approx(GPUS * shown.seconds)
        truth = sum(pod.held(self.now) for pod in self.pods)
        most = truth + len(self.pods) * (ROUNDING + self.longest)
        assert used_until_now(standing).seconds <= most


acts = st.sampled_from(
    [*["go_on"] * 6, "end", "fail", "evict", "suspend", "vanish", "vanish", "crash", "down", "up"]
)
steps = st.tuples(acts, st.sampled_from([0.0, 0.3, 5.0, 47.0, 600.0]), st.booleans())
skews = st.sampled_from([0.0, 0.4, 3600.0, -3600.0])
Steps = list[tuple[str, float, bool]]


@given(st.lists(steps, min_size=12, max_size=40), skews)
@settings(max_examples=300, deadline=None)
def test_used_never_falls_whatever_happens(story: Steps, skew: float) -> None:
    play = Play(skew)
    for name, seconds, looks in story:
        getattr(play, name)()
        if looks:
            play.look()
        play.now += seconds
    play.up()
    play.look()


@given(st.lists(steps, min_size=12, max_size=40), skews)
@settings(max_examples=300, deadline=None)
def test_used_is_the_truth_where_the_operator_looks_at_each_event(
    story: Steps, skew: float
) -> None:
    """It may crash, and be there again at once: that costs what it had not recorded yet."""
    play, lost = Play(skew), 0.0
    for name, seconds, _ in story:
        if name not in ("down", "up"):
            getattr(play, name)()
        lost += INTERVAL if name == "crash" else 0.0
        play.look()
        play.now += seconds
        play.look()
        standing = replace(play.standing(), record=TrialRecord(0, attempts=tuple(play.known)))
        slack = lost + len(play.pods) * ROUNDING
        least = sum(pod.held(play.now) for pod in play.pods) - slack
        assert used_until_now(standing).seconds >= least
        assert used(standing).seconds >= least - INTERVAL
        ran = sum(pod.ran(play.now) for pod in play.pods)
        assert ran - slack - INTERVAL <= sum(each.ran for each in play.known) <= ran + slack


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_nodes_clock_may_be_set_while_a_pod_runs(jump: float) -> None:
    play = Play()
    for act in (play.make, play.start, play.train):
        play.look()
        act()
        play.look()
    play.now += 60.0
    play.look()
    (pod,) = play.pods
    began = play.view(pod)
    play.skew = jump
    play.end()
    over = play.view(pod)
    trainer = replace(over.containers["trainer"], started_at=began.containers["trainer"].started_at)
    set_meanwhile = replace(over, started_at=began.started_at, containers={"trainer": trainer})
    assert play.stopwatch is not None
    spans = play.stopwatch.look("u", [set_meanwhile], StudyRecord("u"), "trainer")
    assert spans[pod.name].held == pytest.approx(60.0, abs=ROUNDING)
    assert spans[pod.name].ran == pytest.approx(60.0, abs=ROUNDING)


@given(
    st.lists(st.floats(0.5, 500.0), min_size=2, max_size=6),
    st.integers(0, 5),
    st.integers(0, 5),
    skews,
)
@settings(max_examples=200, deadline=None)
def test_a_pod_that_is_over_has_what_its_node_says_also_where_no_operator_looked(
    waits: list[float], down: int, up: int, skew: float
) -> None:
    """The operator is down for any part of a pod's life; it sees the pod's end in the end."""
    play = Play(skew)
    steps = [play.make, play.start, play.train, *[lambda: None] * len(waits)]
    for index, step in enumerate(steps):
        if index == down:
            play.down()
        if index == down + up + 1:
            play.up()
        step()
        play.look()
        play.now += waits[index % len(waits)]
    play.end()
    play.up()
    play.look()
    (pod,) = play.pods
    (seen,) = play.known
    assert pod.trained is not None
    assert seen.over
    assert seen.held == pytest.approx(pod.held(play.now), abs=ROUNDING)
    assert seen.ran == pytest.approx(play.now - pod.trained, abs=ROUNDING)


def test_a_node_without_a_clock_makes_nobody_pay_for_decades() -> None:
    play = Play()
    play.down()
    play.make()
    play.start()
    play.train()
    play.now += 50.0
    play.end()
    play.up()
    (pod,) = play.pods
    since_1970 = replace(play.view(pod), started_at=0.0)
    record = StudyRecord("u", {0: TrialRecord(0)})
    assert play.stopwatch is not None
    span = play.stopwatch.look("u", [since_1970], record, "trainer")[pod.name]
    assert span.held <= 50.0 + 3600.0

"""What a study has cost is said once, in the same numbers, and not over and over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.study_status import StudyStatus
from espalier.api.trial import TrialStatus
from espalier.engine.control.figures import study_figures
from espalier.planning import effects
from espalier.planning.costs.costs import costs_of
from espalier.planning.standing.look import look_at
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.planning.world.snapshot import Snapshot, TrialView
from espalier.pruning import TrialState
from tests.planning.worlds import (
    NOW,
    TEMPLATE,
    merged,
    of_type,
    planned,
    prune_decision,
    record,
    snapshot,
    study,
    trial,
)

GPUS = 2.0
SAVED = {
    "gpuSecondsSaved",
    "trialSecondsSaved",
    "trialSecondsSavedLow",
    "trialSecondsSavedHigh",
    "stepsSaved",
}


def ended(
    number: int, state: TrialState, step: int | None, held: float, pace: float | None = 1.0
) -> TrialRecord:
    end = End(
        state.value,
        "it ended",
        state,
        NOW - 5,
        gpu_seconds=GPUS * held,
        template=TEMPLATE,
        held=held,
        pace=pace,
    )
    prune = prune_decision(number, step or 0) if state == TrialState.PRUNED else None
    return TrialRecord(number, attempt=1, step=step, latest=0.5, prune=prune, end=end)


COMPLETED = [ended(n, TrialState.COMPLETED, 10, 15.0) for n in range(2)]
PRUNED = ended(2, TrialState.PRUNED, 3, 8.0)
RUNNING = TrialRecord(
    3, attempt=2, step=4, attempts=(
        AttemptRecord(1, "a", gpus=GPUS, held=30.0, over=True),
        AttemptRecord(2, "b", gpus=GPUS, held=9.0),
    ),
)  # fmt: skip


def seen(*records: TrialRecord, status: dict[str, Any] | None = None, **spec: Any) -> Snapshot:
    """Return a snapshot of these trials, none of which has anything in the cluster but itself."""
    view = {"startTime": "2027-01-15T08:00:00Z", **(status or {})}
    views = [trial(each.number, status=view) for each in records]
    spec.setdefault("trials", {"max": 9, "parallelism": 0})
    best = next((r.number for r in records if r.end and r.end.state == TrialState.COMPLETED), None)
    return snapshot(
        study(**spec), record=record(*records, best=best), trials=tuple(views), sampled=len(records)
    )


def study_status(snap: Snapshot) -> dict[str, Any]:
    (write,) = of_type(planned(snap), effects.WriteStudyStatus)
    return dict(write.status)


def trial_writes(snap: Snapshot) -> dict[str, dict[str, Any]]:
    return {w.name: dict(w.status) for w in of_type(planned(snap), effects.WriteTrialStatus)}


def told(snap: Snapshot) -> Snapshot:
    """Return the snapshot after what was planned of statuses was written."""
    writes = trial_writes(snap)

    def after(view: TrialView) -> TrialView:
        return replace(view, status=merged(view.status, writes.get(view.name, {})))

    return replace(snap, trials=tuple(map(after, snap.trials)))


# -- the Study ----------------------------------------------------------------------------------


def test_a_study_says_what_was_used_and_saved_in_gpu_seconds_trial_seconds_and_steps() -> None:
    status = study_status(seen(*COMPLETED, PRUNED, RUNNING))
    used = 15.0 + 15.0 + 8.0 + 39.0
    assert status["trialSeconds"]["used"] == used
    assert status["gpuSeconds"]["used"] == GPUS * used
    assert status["steps"]["done"] == 10 + 10 + 3 + 4
    assert status["steps"]["saved"] == 7.0
    assert status["trialSeconds"]["saved"] == 7.0
    assert status["gpuSeconds"]["saved"] == GPUS * 7.0
    StudyStatus.model_validate(status)


def test_nothing_is_said_of_what_was_saved_before_a_trial_has_completed() -> None:
    status = study_status(seen(PRUNED, RUNNING))
    for field in ("gpuSeconds", "trialSeconds", "steps"):
        assert not [name for name in status[field] if name.startswith("saved")]


def test_a_study_without_accelerators_shows_the_time_and_steps_that_pruning_has_saved() -> None:
    records = [
        replace(each, end=replace(each.end, gpu_seconds=0.0))
        for each in (*COMPLETED, PRUNED)
        if each.end
    ]
    status = study_status(seen(*records))
    assert status["gpuSeconds"]["used"] == status["gpuSeconds"]["saved"] == 0.0
    assert status["trialSeconds"]["saved"] == 7.0


RECORDS = st.builds(
    ended,
    st.just(0),
    st.sampled_from([TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED]),
    st.integers(0, 50),
    st.floats(0.0, 1e5),
    st.none() | st.floats(1e-3, 1e3),
)


@given(st.lists(RECORDS, max_size=8))
def test_the_status_and_the_metrics_say_the_same(records: list[TrialRecord]) -> None:
    snap = seen(*(replace(each, number=number) for number, each in enumerate(records)))
    status, figures = study_status(snap), study_figures(look_at(snap), costs_of(look_at(snap)))
    pairs = (
        (status["gpuSeconds"], figures.gpu_seconds, "used"),
        (status["trialSeconds"], figures.trial_seconds, "used"),
        (status["steps"], figures.steps, "done"),
    )
    for said, shown, verb in pairs:
        assert said[verb] == round(shown.used, 1)
        assert said.get("saved") == (None if shown.saved is None else round(shown.saved, 1))
        band = (said.get("savedLow"), said.get("savedHigh"))
        assert band == (
            (None, None) if shown.band is None else tuple(round(b, 1) for b in shown.band)
        )


# -- its Trials ---------------------------------------------------------------------------------


def test_a_trial_says_what_it_has_used_and_what_pruning_it_has_saved() -> None:
    writes = trial_writes(seen(*COMPLETED, PRUNED))
    assert writes["s-0"]["trialSeconds"] == 15.0
    assert writes["s-0"]["gpuSeconds"] == GPUS * 15.0
    assert not SAVED & set(writes["s-0"])
    assert writes["s-2"]["trialSecondsSaved"] == 7.0
    assert writes["s-2"]["gpuSecondsSaved"] == GPUS * 7.0
    assert writes["s-2"]["stepsSaved"] == 7.0
    TrialStatus.model_validate(writes["s-2"])


def test_what_ended_trials_say_is_left_alone_while_their_study_goes_on() -> None:
    early = told(seen(*COMPLETED, PRUNED))
    longer = [ended(n, TrialState.COMPLETED, 10, 95.0, pace=9.0) for n in (4, 5, 6)]
    later = replace(
        early,
        record=record(*COMPLETED, PRUNED, *longer, best=0),
        trials=(*early.trials, *(trial(each.number) for each in longer)),
    )
    assert "s-2" not in trial_writes(later)


def over(*records: TrialRecord) -> Snapshot:
    return seen(*records, trials={"max": len(records)})


@pytest.mark.parametrize(
    ("said", "written"),
    [
        pytest.param({}, True, id="nothing was known then"),
        pytest.param({"stepsSaved": 7.0, "trialSecondsSaved": 70.0}, True, id="far off"),
        pytest.param({"stepsSaved": 2.0, "trialSecondsSaved": 7.0}, True, id="steps far off"),
        pytest.param({"stepsSaved": 7.0, "trialSecondsSaved": 7.4}, False, id="about right"),
    ],
)
def test_when_the_study_is_over_a_trial_corrects_what_it_said_if_that_is_off(
    said: dict[str, float], written: bool
) -> None:
    snap = told(over(*COMPLETED, PRUNED))

    def with_figures(view: TrialView) -> TrialView:
        kept = {key: value for key, value in view.status.items() if key not in SAVED}
        return replace(view, status={**kept, **said}) if view.number == 2 else view

    snap = replace(snap, trials=tuple(map(with_figures, snap.trials)))
    assert ("s-2" in trial_writes(snap)) == written
    assert trial_writes(told(snap)) == {}, "once is enough"


@given(st.lists(RECORDS, min_size=1, max_size=8))
def test_statuses_of_a_study_that_is_over_are_written_once(records: list[TrialRecord]) -> None:
    snap = over(*(replace(each, number=number) for number, each in enumerate(records)))
    assert trial_writes(told(snap)) == {}

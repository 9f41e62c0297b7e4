"""From a snapshot and the time to what is to be done: the whole of reconciliation, and pure.

Every plan is made from nothing but what is there now, so that it does not matter which events were
seen, or how often the operator was killed: what has been done already is not planned again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, takewhile
from typing import TypeAlias

from espalier.api import reasons
from espalier.errors import SpecError
from espalier.planning.costs.costs import Costs, costs_of
from espalier.planning.effects import (
    AdoptTrial,
    CheckTemplate,
    CreateJob,
    CreateTrial,
    Effect,
    RecordEnd,
    RecordSampled,
    Wake,
    WriteStudyStatus,
)
from espalier.planning.endings.of_study import judge_study_ending, sampled_limit
from espalier.planning.obstacles.asking import ask_why
from espalier.planning.obstacles.holding import hold_of
from espalier.planning.obstacles.scene import Scene
from espalier.planning.obstacles.study_standing import StudyStanding
from espalier.planning.sampling import parameters_of
from espalier.planning.standing.gathering import gather, given_out
from espalier.planning.standing.standing import Standing
from espalier.planning.status import of_study as study_status
from espalier.planning.status.study_events import events_of
from espalier.planning.trial_check import check_trial
from espalier.planning.trial_plan import TrialPlanner
from espalier.planning.workload.building import build_workload
from espalier.planning.workload.registry import kind_of
from espalier.planning.workload.trial import build_trial, labels_of, owner
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.names import API_VERSION, FIRST_HAND_MADE, sampled_number, trial_name
from espalier.planning.world.record import End
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import Snapshot, StudyView, TemplateVerdict
from espalier.planning.world.status_words import condition_of, merge_patch

Lane: TypeAlias = tuple[Effect, ...]

_CALM = 2.0
"""Least time between two writes of a Study's status, in seconds; its end is written at once."""


def plan(snapshot: Snapshot, now: float, settings: OperatorSettings) -> tuple[Lane, ...]:
    """Return what is to be done about a study.

    Each lane is carried out in order up to the first effect that fails; lanes run side by side.
    """
    study = snapshot.study
    if study.deleting:
        return ()
    standings = gather(snapshot)
    if study.spec is None:
        course = StudyStanding(False, study.error or "the Study cannot be read")
        return _status(Scene(snapshot, standings, course, settings, now), costs_of(standings))
    course, check = _course(snapshot, standings, settings, now)
    costs = costs_of(standings)
    stop = course.ending.message if course.ending and course.ending.stops else None
    planner = TrialPlanner(snapshot, study.spec, stop, settings, now, costs, course.over)
    lanes = [*check, *(planner.plan(standing) for standing in standings)]
    if (upto := given_out(snapshot)) > snapshot.record.sampled:
        lanes.append((RecordSampled(upto),))
    lanes += _adopt(snapshot, standings)
    if course.accepted:
        lanes += _start(snapshot, planner, standings, course, settings, now)
    scene = Scene(snapshot, standings, course, settings, now)
    lanes += ask_why(scene)
    lanes += _status(scene, costs)
    if scene.going:
        lanes.append((Wake(now + settings.progress_interval),))
    return tuple(lane for lane in lanes if lane)


def _course(
    snapshot: Snapshot,
    standings: Sequence[Standing],
    settings: OperatorSettings,
    now: float,
) -> tuple[StudyStanding, list[Lane]]:
    """Find out where the study stands as a whole, and whether its template must be checked."""
    blueprint = snapshot.blueprint
    ending = judge_study_ending(blueprint, snapshot.record, standings, settings)
    over = ending is not None and all(s.end is not None and not s.live for s in standings)
    accepted, refusal, by_server, check = _acceptance(snapshot, now)
    limit = sampled_limit(blueprint, standings)
    going_on = ending is None and accepted is not False
    hold = hold_of(snapshot, standings, limit, settings, now)
    return (
        StudyStanding(
            accepted=accepted,
            refusal=refusal,
            by_server=by_server,
            ending=ending,
            over=over,
            hold=hold if going_on else None,
            limit=limit,
        ),
        check,
    )


def _acceptance(snapshot: Snapshot, now: float) -> tuple[bool | None, str, bool, list[Lane]]:
    study, verdict, blueprint = snapshot.study, snapshot.template, snapshot.blueprint
    if blueprint.fault:
        return False, blueprint.fault, False, []
    check = CheckTemplate(study.generation, blueprint.probe, kind_of(study.spec).kind)
    if verdict is not None and _is_about(verdict, study, blueprint):
        again: list[Lane] = []
        if verdict.until is not None:
            due = now >= verdict.until
            again = [(check if due else Wake(verdict.until),)]
        return verdict.accepted, verdict.message, True, again
    said = condition_of(study.status, "Accepted")
    if said and said.get("observedGeneration") == study.generation and said["status"] == "True":
        return True, "", False, []
    return None, "", False, [(check,)]


def _is_about(verdict: TemplateVerdict, study: StudyView, blueprint: Blueprint) -> bool:
    """Whether a verdict holds for the Study as it is: most changes leave its Jobs as they were."""
    if verdict.generation == study.generation:
        return True
    return verdict.accepted and verdict.job == blueprint.job


def _adopt(snapshot: Snapshot, standings: Sequence[Standing]) -> list[Lane]:
    """Number the Trials that were made by hand, the oldest first, and make them the Study's.

    One with the name of a trial that was not sampled yet takes that trial's place.
    """
    study = snapshot.study
    taken = {standing.number for standing in standings}
    number = max([FIRST_HAND_MADE - 1, *(standing.number for standing in standings)])
    lanes: list[Lane] = []
    for view in sorted(snapshot.trials, key=lambda view: (view.created_at, view.name)):
        if (view.adopted and view.number is not None) or view.deleting:
            continue
        own = view.number
        if own is None:
            own = sampled_number(study.name, view.name)
            own = None if own in taken else own
        if own is None:
            number += 1
            own = number
        metadata = {
            "labels": labels_of(study, view.name, own),
            "ownerReferences": [owner(API_VERSION, "Study", study.name, study.uid)],
        }
        lanes.append((AdoptTrial(view.name, view.uid, own, metadata),))
    return lanes


def _start(
    snapshot: Snapshot,
    planner: TrialPlanner,
    standings: Sequence[Standing],
    course: StudyStanding,
    settings: OperatorSettings,
    now: float,
) -> list[Lane]:
    """Fill the free slots: with Trials that wait, those made by hand first, then with new ones."""
    spec = planner.spec
    if spec.suspend or (course.ending is not None and course.ending.stops):
        return []
    parallelism = min(spec.trials.parallelism, settings.max_parallelism)
    free = parallelism - sum(standing.holds_slot for standing in standings)
    wakes: list[Lane] = []
    if (hold := course.hold) is not None:
        free = hold.room(free, now)
        if hold.until is not None and now < hold.until:
            wakes = [(Wake(hold.until),)]
    waiting = [s for s in standings if s.waiting and s.view and s.view.adopted]
    waiting.sort(key=lambda s: (s.number < FIRST_HAND_MADE, s.number))
    lanes = [
        _start_one(snapshot, planner, standing, settings, now)
        for standing in waiting[: max(0, free)]
    ]
    free -= len(waiting)
    return [*wakes, *lanes, _sample(snapshot, standings, course.limit, free)]


def _start_one(
    snapshot: Snapshot,
    planner: TrialPlanner,
    standing: Standing,
    settings: OperatorSettings,
    now: float,
) -> Lane:
    view, study = standing.view, snapshot.study
    assert view is not None
    assert study.spec is not None
    try:  # whatever the Trial claims to be: anybody can write that
        check_trial(view, study, snapshot.blueprint)
    except SpecError as error:
        return (RecordEnd(standing.number, _refused(str(error), now)),)
    if (said := snapshot.refused.get(view.uid)) is not None:
        return (RecordEnd(standing.number, _refused(said, now)),)
    body, probe = build_workload(study, view, standing.number, settings), snapshot.blueprint.probe
    kind = kind_of(study.spec).kind
    return (CreateJob(standing.number, body, kind, probe), *planner.note_job(standing))


def _refused(message: str, now: float) -> End:
    ending = reasons.PARAMETERS_REFUSED
    return End(ending.reason, message, ending.state, now)


def _sample(snapshot: Snapshot, standings: Sequence[Standing], limit: int, free: int) -> Lane:
    """Create the next Trials, in the order of their numbers: a gap would look like a deletion."""
    taken = {standing.number for standing in standings}
    # A name that an object still has is waited for, not passed over: see above.
    names = {view.name for view in snapshot.trials}
    missing = takewhile(
        lambda number: trial_name(snapshot.study.name, number) not in names,
        (number for number in range(limit) if number not in taken),
    )
    numbers = list(islice(missing, max(0, free)))
    new = parameters_of(snapshot.blueprint, numbers, standings)
    return tuple(
        CreateTrial(number, build_trial(snapshot.study, number, parameters))
        for number, parameters in new
    )


def _status(scene: Scene, costs: Costs) -> tuple[Lane, ...]:
    study, settings, now = scene.snapshot.study, scene.settings, scene.now
    wanted = study_status.status_of(scene, costs)
    patch = merge_patch(study.status, wanted)
    if not patch:
        return ()
    progress = set(patch) <= study_status.PROGRESS and not scene.course.over
    interval = settings.progress_interval if progress else _CALM
    # What defines the study is fixed from its start on: that is said at once.
    begins = bool(wanted["startTime"]) and not study.status.get("startTime")
    if scene.course.over or begins or not study.status.get("conditions"):
        interval = 0.0
    due = study.status_written_at + interval
    if now < due:
        return ((Wake(due),),)
    return ((WriteStudyStatus(patch), *events_of(study, wanted)),)

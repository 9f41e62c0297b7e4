"""From a snapshot and the time to what is to be done: the whole of reconciliation, and pure.

Every plan is made from nothing but what is there now, so that it does not matter which events were
seen, or how often the operator was killed: what has been done already is not planned again.
"""

from __future__ import annotations

from itertools import islice, takewhile
from typing import TypeAlias

from espalier.api import reasons
from espalier.errors import SpecError
from espalier.planning.budgets.ending import judge_endings, stopped_start
from espalier.planning.budgets.spending import spending_at_rest, spending_of
from espalier.planning.costs.costs import Costs, costs_of, to_be_corrected
from espalier.planning.effects import (
    AdoptTrial,
    CheckTemplate,
    CreateWorkload,
    Effect,
    Propose,
    RecordEnd,
    RecordSampled,
    RecordTrials,
    Wake,
    WriteStudyStatus,
)
from espalier.planning.endings.of_study import sampled_limit
from espalier.planning.endings.stopping import Stopping
from espalier.planning.finalists.repeating import check_repeat, new_repeats
from espalier.planning.looking_up import pruner_settled, warmed
from espalier.planning.obstacles.asking import ask_why
from espalier.planning.obstacles.hearing import unheard_of
from espalier.planning.obstacles.holding import hold_of
from espalier.planning.obstacles.scene import Scene
from espalier.planning.obstacles.study_standing import StudyStanding
from espalier.planning.sampling import new_trials, next_trial
from espalier.planning.standing.gathering import given_out
from espalier.planning.standing.look import Look, look_at
from espalier.planning.standing.made import news_of
from espalier.planning.standing.standing import Standing
from espalier.planning.status import of_study as study_status
from espalier.planning.status.ended_ranks import EndedRanks
from espalier.planning.status.study_events import events_of
from espalier.planning.trial_check import check_trial
from espalier.planning.trial_plan import TrialPlanner
from espalier.planning.workload.building import build_workload
from espalier.planning.workload.registry import kind_of
from espalier.planning.workload.trial import labels_of, owner
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.chosen import is_chosen
from espalier.planning.world.names import API_VERSION, FIRST_HAND_MADE, sampled_number, trial_name
from espalier.planning.world.record import End
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import Snapshot, StudyView, TemplateVerdict
from espalier.planning.world.status_words import condition_of, merge_patch
from espalier.pruning import is_repeat, repeat_of

Lane: TypeAlias = tuple[Effect, ...]

_CALM = 2.0
"""Least time between two writes of a Study's status, in seconds; its end is written at once."""


def plan(snapshot: Snapshot, now: float, settings: OperatorSettings) -> tuple[Lane, ...]:
    """Return what is to be done about a study, of which nothing was worked out before."""
    look = look_at(snapshot)
    return plan_of(look, costs_of(look), now, settings)


def plan_of(look: Look, costs: Costs, now: float, settings: OperatorSettings) -> tuple[Lane, ...]:
    """Return what is to be done about a study.

    Each lane is carried out in order up to the first effect that fails; lanes run side by side.

    Parameters
    ----------
    look
        All that is known of the study.
    costs
        What its trials have cost.
    now
        Seconds since the epoch.
    settings
        The operator's own.
    """
    snapshot, study = look.snapshot, look.snapshot.study
    if study.deleting:
        return ()
    if study.spec is None:
        course = StudyStanding(False, study.error or "the Study cannot be read")
        return _status(Scene(look, course, settings, now), costs)
    course, check = _course(look, settings, now)
    stopping = Stopping(course.ending, course.search, stopped_start(course.spending))
    unheard = unheard_of(look, settings)
    ranks = EndedRanks(look.tally, study.spec.objective.direction, course.over)
    planner = TrialPlanner(
        snapshot, study.spec, stopping, settings, now, costs, ranks, course.over, unheard
    )
    standings = _with_corrections(look, costs, ranks) if course.over else look.standings
    lanes = [*check, *(planner.plan(standing) for standing in standings)]
    made = tuple(news_of(snapshot.record.made, standings, snapshot.record.proposals))
    news: Lane = (RecordTrials(made),) if made else ()
    lanes.append(news)
    if (upto := given_out(snapshot)) > snapshot.record.sampled:
        lanes.append((RecordSampled(upto),))
    lanes += _adopt(look)
    if course.accepted:
        lanes += _start(look, planner, course, settings, now, news)
    scene = Scene(look, course, settings, now)
    lanes += ask_why(scene)
    lanes += _status(scene, costs)
    if scene.going:
        lanes.append((Wake(now + settings.progress_interval),))
    if not course.over and (due := course.spending.due) is not None:
        lanes.append((Wake(due),))
    return tuple(lane for lane in lanes if lane)


def _with_corrections(look: Look, costs: Costs, ranks: EndedRanks) -> list[Standing]:
    """Return the trials to be looked at when the study is over: some tell what was true before."""
    found = {standing.number: standing for standing in look.standings}
    for number in (*to_be_corrected(look, costs), *ranks.off()):
        standing = found.get(number)
        # A trial that is settled, of which a workload is left, is there without its object.
        if standing is None or standing.view is None:
            settled = look.settled(number)
            if settled is not None:
                found[number] = settled
    return [found[number] for number in sorted(found)]


def _course(look: Look, settings: OperatorSettings, now: float) -> tuple[StudyStanding, list[Lane]]:
    """Find out where the study stands as a whole, and whether its template must be checked."""
    spending = spending_at_rest(look, now)
    search, ending = judge_endings(look, settings, spending)
    over = ending is not None and all(s.end is not None and not s.live for s in look.standings)
    accepted, refusal, why, check = _acceptance(look.snapshot, now)
    if accepted:
        accepted, refusal, take = warmed(look.snapshot, now)
        why, check = reasons.StudyReason.WARM_START_REFUSED, [*check, take]
    if accepted:
        accepted, refusal, look_up = pruner_settled(look.snapshot, now)
        why, check = reasons.StudyReason.PRUNER_REFUSED, [*check, look_up]
    limit = sampled_limit(look)
    going_on = ending is None and accepted is not False
    hold = hold_of(look, limit, settings, now)
    return (
        StudyStanding(
            accepted=accepted,
            refusal=refusal,
            why=why,
            ending=ending,
            over=over,
            hold=hold if going_on else None,
            limit=limit,
            search=search,
            spending=spending,
        ),
        check,
    )


def _acceptance(
    snapshot: Snapshot, now: float
) -> tuple[bool | None, str, reasons.StudyReason, list[Lane]]:
    study, verdict, blueprint = snapshot.study, snapshot.template, snapshot.blueprint
    if blueprint.fault:
        return False, blueprint.fault, reasons.StudyReason.SPEC_REFUSED, []
    check = CheckTemplate(study.generation, blueprint.probe, kind_of(study.spec).kind)
    if verdict is not None and _is_about(verdict, study, blueprint):
        again: list[Lane] = []
        if verdict.until is not None:
            due = now >= verdict.until
            again = [(check if due else Wake(verdict.until),)]
        return verdict.accepted, verdict.message, reasons.StudyReason.TEMPLATE_REFUSED, again
    said = condition_of(study.status, "Accepted")
    if said and said.get("observedGeneration") == study.generation and said["status"] == "True":
        return True, "", reasons.StudyReason.TEMPLATE_REFUSED, []
    return None, "", reasons.StudyReason.TEMPLATE_REFUSED, [(check,)]


def _is_about(verdict: TemplateVerdict, study: StudyView, blueprint: Blueprint) -> bool:
    """Whether a verdict holds for the Study as it is: most changes leave its Jobs as they were."""
    if verdict.generation == study.generation:
        return True
    return verdict.accepted and verdict.probe == blueprint.probe_hash


def _adopt(look: Look) -> list[Lane]:
    """Number the Trials that were made by hand, the oldest first, and make them the Study's.

    One with the name of a trial that was not sampled yet takes that trial's place.
    """
    snapshot, study = look.snapshot, look.snapshot.study
    running = (standing.number for standing in look.searching)
    number = max([FIRST_HAND_MADE - 1, look.tally.last_searched(), *running])
    lanes: list[Lane] = []
    for view in sorted(snapshot.trials, key=lambda view: (view.created_at, view.name)):
        if (view.adopted and view.number is not None) or view.deleting:
            continue
        own = view.number
        if own is None:
            own = sampled_number(study.name, view.name)
            own = None if own in look else own
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
    look: Look,
    planner: TrialPlanner,
    course: StudyStanding,
    settings: OperatorSettings,
    now: float,
    news: Lane,
) -> list[Lane]:
    """Fill the free slots: with Trials that wait, those made by hand first, then with new ones.

    Once the search is over, the new ones are repeats of its finalists, as soon as these are chosen.
    """
    spec = planner.spec
    if spec.suspend or planner.stopping.whole or spending_of(look, now).met:
        return []
    parallelism = min(spec.trials.parallelism, settings.max_parallelism)
    free = parallelism - sum(standing.holds_slot for standing in look.standings)
    wakes: list[Lane] = []
    if (hold := course.hold) is not None:
        free = hold.room(free, now)
        if hold.until is not None and now < hold.until:
            wakes = [(Wake(hold.until),)]
    waiting = [s for s in look.going_on if s.waiting and s.view and s.view.adopted]
    if planner.stopping.searching:
        waiting = [s for s in waiting if is_repeat(s.number)]
    waiting.sort(key=_turn)
    lanes = [
        _start_one(look, planner, standing, settings, now) for standing in waiting[: max(0, free)]
    ]
    free -= len(waiting)
    new = _sample(look, course.limit, free) if course.search is None else new_repeats(look, free)
    if any(isinstance(effect, Propose) for effect in new):
        new = (*news, *new)  # A proposal is based on what is recorded.
    return [*wakes, *lanes, new]


def _turn(standing: Standing) -> tuple[int, int, int]:
    """Return when a trial that waits has its turn: made by hand, sampled, repeats of finalists."""
    repeat, number = repeat_of(standing.number), standing.number
    if repeat is not None:
        return 2, repeat.index, repeat.of
    return int(number < FIRST_HAND_MADE), number, 0


def _start_one(
    look: Look,
    planner: TrialPlanner,
    standing: Standing,
    settings: OperatorSettings,
    now: float,
) -> Lane:
    snapshot, view = look.snapshot, standing.view
    study = snapshot.study
    assert view is not None
    assert study.spec is not None
    try:  # whatever the Trial claims to be: anybody can write that
        check_trial(view, study, snapshot.blueprint)
        check_repeat(look, view)
    except SpecError as error:
        return (RecordEnd(standing.number, _refused(str(error), now)),)
    if (said := snapshot.refused.get(view.uid)) is not None:
        return (RecordEnd(standing.number, _refused(said, now)),)
    body, probe = build_workload(study, view, standing.number, settings), snapshot.blueprint.probe
    kind = kind_of(study.spec).kind
    return (CreateWorkload(standing.number, body, kind, probe), *planner.note_job(standing))


def _refused(message: str, now: float) -> End:
    ending = reasons.PARAMETERS_REFUSED
    return End(ending.reason, message, ending.state, now)


def _sample(look: Look, limit: int, free: int) -> Lane:
    """Create the next Trials, in the order of their numbers: a gap would look like a deletion."""
    study = look.snapshot.study
    # A name that an object still has is waited for, not passed over: see above.
    missing = takewhile(
        lambda number: not look.is_named(trial_name(study.name, number)), look.new_numbers(limit)
    )
    if free <= 0:
        return next_trial(look, next(missing, None))
    return tuple(new_trials(look, list(islice(missing, free))))


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
    # No repeat is made before it is written of which trials.
    chooses = "finalists" in patch and not is_chosen(study)
    if scene.course.over or begins or chooses or not study.status.get("conditions"):
        interval = 0.0
    due = study.status_written_at + interval
    if now < due:
        return ((Wake(due),),)
    return ((WriteStudyStatus(patch), *events_of(study, wanted)),)

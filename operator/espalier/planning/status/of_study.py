"""What a Study's status says; its size does not depend on the number of trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from espalier.api.conditions import set_condition, timestamp
from espalier.api.reasons import Phase, StudyCondition, StudyReason
from espalier.api.study_status import pruning_status
from espalier.planning.acts import CHECK_TEMPLATE, LOOK_UP_PRUNER, TAKE_OVER
from espalier.planning.budgets.words import limit_words
from espalier.planning.costs.costs import Costs, study_fields
from espalier.planning.costs.money import money_fields
from espalier.planning.finalists.choosing import choose, name_of_trial, parameters_of_trial
from espalier.planning.finalists.results import Finalist, finalists_of, named_by
from espalier.planning.finalists.words import progress
from espalier.planning.obstacles.of_trial import LASTING, obstacle_of
from espalier.planning.obstacles.scene import Scene
from espalier.planning.obstacles.study_standing import StudyStanding
from espalier.planning.standing.look import Look
from espalier.planning.standing.standing import Standing
from espalier.planning.status.budget import budget_phrase, budget_status
from espalier.planning.status.closed_branches import branches_phrase
from espalier.planning.status.estimate import estimate_status
from espalier.planning.status.expectation import doubt, expectation
from espalier.planning.status.of_trial import phase_of
from espalier.planning.status.phrase import Phrase
from espalier.planning.status.warm_start import warm_start_status
from espalier.planning.world.chosen import is_chosen, planned
from espalier.planning.world.earlier import TakenOver
from espalier.planning.world.names import STUDY_UID_LABEL
from espalier.planning.world.pruner_lookup import PrunerFound
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.status_words import condition_of, finite
from espalier.pruning import JudgeSummary, RepeatedValues

_CHECKED = "The template is being checked"
PROGRESS = frozenset(
    {"gpuSeconds", "trialSeconds", "steps", "pruning", "money", "budget", "estimate"}
)


def status_of(scene: Scene, costs: Costs) -> dict[str, Any]:
    """Return the status that the Study should have; None removes a field."""
    look, course, now = scene.look, scene.course, scene.now
    study, finalists = look.snapshot.study, _finalists(look, course)
    degraded = _degraded(scene)
    phrases = {
        StudyCondition.ACCEPTED: _accepted(scene),
        StudyCondition.PROGRESSING: _progressing(look, course, scene.settings, finalists or ()),
        StudyCondition.SUCCEEDED: _succeeded(look, course),
        StudyCondition.FAILED: _failed(course),
        StudyCondition.DEGRADED: degraded,
    }
    if (branches := branches_phrase(look)) is not None:
        phrases[StudyCondition.BRANCHES_CLOSED] = branches
    if (budget := budget_phrase(study.status, course.spending)) is not None:
        phrases[StudyCondition.BUDGET_SPENT] = budget
    conditions = study.status.get("conditions") or []
    for type_, phrase in phrases.items():
        conditions = set_condition(
            conditions, type_, phrase.status, phrase.reason, phrase.message, study.generation, now
        )
    phases = Counter(look.tally.phases)
    phases.update(str(phase_of(standing)) for standing in look.going_on)
    over = bool(course.ending and course.over)
    return {
        "observedGeneration": study.generation,
        "conditions": conditions,
        "active": sum(standing.holds_slot for standing in look.standings),
        "selector": f"{STUDY_UID_LABEL}={study.uid}",
        "counts": {str(phase).lower(): phases[str(phase)] for phase in Phase},
        "ended": _ended(look, course),
        "degraded": str(degraded.reason) if degraded.status else None,
        "best": _best(look, finalists or (), course),
        "finalists": (None if finalists is None else [_finalist(look, each) for each in finalists]),
        **study_fields(costs),
        "money": money_fields(scene.settings.price, costs.gpu_seconds),
        "budget": budget_status(course.spending),
        "estimate": estimate_status(scene),
        "pruning": _pruning(look.snapshot.record.summary),
        "warmStart": _warm_start(look.snapshot.record.earlier),
        "pruner": _pruner(look.snapshot.record.pruner),
        "state": _state(course, phrases[StudyCondition.PROGRESSING]),
        "startTime": study.status.get("startTime") or (timestamp(now) if course.accepted else None),
        "completionTime": (study.status.get("completionTime") or timestamp(now)) if over else None,
    }


def _ended(look: Look, course: StudyStanding) -> str:
    """Return how many trials of how many have ended, repeats of finalists among them."""
    searched = look.searched
    repeats = max(len(look) - searched, len(planned(look.snapshot.study)))
    return f"{len(look.tally)}/{max(course.limit, searched) + repeats}"


def _warm_start(taken: TakenOver | None) -> dict[str, Any] | None:
    """Return what was taken over from where."""
    return None if taken is None else warm_start_status(taken.sources)


def _pruner(found: PrunerFound | None) -> Mapping[str, Any] | None:
    """Return what the pruner names elsewhere, as it was found."""
    return None if found is None else found.told


def _accepted(scene: Scene) -> Phrase:
    course = scene.course
    if course.accepted:
        return Phrase(True, StudyReason.SPEC_ACCEPTED, "The spec can be carried out.")
    if course.accepted is None:
        act, asked = {
            StudyReason.WARM_START_REFUSED: (TAKE_OVER, "Trials of earlier studies are being read"),
            StudyReason.PRUNER_REFUSED: (LOOK_UP_PRUNER, "What the pruner names is being read"),
        }.get(course.why, (CHECK_TEMPLATE, _CHECKED))
        said = next((each.message for each in scene.failing if each.act == act), "")
        answer = f"; so far the answer is: {said}" if said else "."
        return Phrase(None, StudyReason.SPEC_ACCEPTED, asked + answer)
    return Phrase(False, course.why, course.refusal)


def _progressing(
    look: Look, course: StudyStanding, settings: OperatorSettings, finalists: Sequence[Finalist]
) -> Phrase:
    spec = look.snapshot.study.spec
    if spec is None or not course.accepted:
        return Phrase(False, StudyReason.NOT_ACCEPTED, "Nothing starts until it is accepted.")
    if course.ending and course.over:
        return Phrase(False, StudyReason.ENDED, "The study is over.")
    if spec.suspend:
        return Phrase(False, StudyReason.SUSPENDED, _suspended(look.standings))
    ended = len(look.tally)
    if spec.trials.parallelism == 0:
        return Phrase(
            False,
            StudyReason.SCALED_TO_ZERO,
            "spec.trials.parallelism is 0: no trial starts; set it, or use kubectl scale.",
        )
    if course.ending:
        return Phrase(True, StudyReason.RUNNING, f"Ending: {course.ending.message}")
    if course.repeating and finalists:
        return Phrase(True, StudyReason.REPEATING, progress(look, finalists))
    said = f"{ended} of {max(course.limit, ended)} trials ended."
    if (limit := course.spending.first) is not None:
        said += f" {limit_words(limit)}: no trial starts."
    if look.snapshot.record.restraint.paused:
        said += " spec.pruning.paused is true: no trial is pruned."
    if spec.trials.parallelism > settings.max_parallelism:
        said += (
            f" spec.trials.parallelism is {spec.trials.parallelism}, and the operator runs at most "
            f"{settings.max_parallelism} trials of a study at once (its --max-parallelism)."
        )
    return Phrase(True, StudyReason.RUNNING, said)


def _suspended(standings: Sequence[Standing]) -> str:
    count = sum(bool(standing.live) for standing in standings)
    if not count:
        return "spec.suspend is true: no trial runs."
    still = "1 still has a pod, which is" if count == 1 else f"{count} still have pods, which are"
    return f"spec.suspend is true: no trial starts; {still} to end."


def _succeeded(look: Look, course: StudyStanding) -> Phrase:
    if course.ending and course.over:
        said = course.ending.message
        repeated = look.blueprint.spec is not None and look.blueprint.spec.finalists is not None
        if course.ending.succeeded and not repeated and (why := doubt(look.snapshot.record)):
            said += f" {why}"
        return Phrase(course.ending.succeeded, course.ending.reason, said)
    return Phrase(None, StudyReason.IN_PROGRESS, "The study has not ended.")


def _failed(course: StudyStanding) -> Phrase:
    """Say the same as `_succeeded` the other way round: `kubectl wait` can wait for True alone."""
    if course.ending and course.over:
        return Phrase(not course.ending.succeeded, course.ending.reason, course.ending.message)
    return Phrase(False, StudyReason.IN_PROGRESS, "The study has not ended.")


def _state(course: StudyStanding, progressing: Phrase) -> str:
    if course.ending and course.over:
        return "Succeeded" if course.ending.succeeded else "Failed"
    return str(progressing.reason)


def _degraded(scene: Scene) -> Phrase:
    course, spec = scene.course, scene.snapshot.study.spec
    if (hold := course.hold) is not None and hold.reason is not None:
        return Phrase(True, hold.reason, hold.message)
    if (found := obstacle_of(scene)) is not None:
        return Phrase(True, *found)
    if course.ending and course.over:
        old = condition_of(scene.snapshot.study.status, StudyCondition.DEGRADED) or {}
        if old.get("status") == "True" and old.get("reason") in LASTING:  # once said, it stands
            return Phrase(True, old["reason"], old["message"])
        return Phrase(False, StudyReason.AS_EXPECTED, "The study is over.")
    if course.accepted is None:
        return Phrase(False, StudyReason.AS_EXPECTED, "The template is being checked.")
    paused = spec is not None and (spec.suspend or spec.trials.parallelism == 0)
    wish = " but the Study's own wish to pause" if paused else ""
    return Phrase(False, StudyReason.AS_EXPECTED, f"Nothing is in the way{wish}.")


def _best(
    look: Look, finalists: Sequence[Finalist], course: StudyStanding
) -> Mapping[str, Any] | None:
    """Return the best trial by its expected value, and once the repeats are over by their mean."""
    spec, named = look.blueprint.spec, None
    # In a study that was stopped some finalists may have had more repeats than others.
    ended = course.ending is not None and course.ending.succeeded
    if spec is not None and ended and not spec.stop:
        named = named_by(finalists, spec.objective.direction)
    number = look.snapshot.record.leading if named is None else named.number
    if number is None:
        return None
    record = look.record(number)
    name, parameters = _made_as(look, number)
    return {
        "number": number,
        "trial": name,
        "value": finite(record.latest),
        "step": record.step,
        "parameters": dict(parameters),
        **(expectation(look) if named is None else _mean_fields(named.repeated)),
    }


def _mean_fields(repeated: RepeatedValues) -> dict[str, Any]:
    low, high = repeated.interval or (None, None)
    return {
        "mean": finite(repeated.mean),
        "meanLow": finite(low),
        "meanHigh": finite(high),
        "repeats": len(repeated.values),
    }


def _finalists(look: Look, course: StudyStanding) -> tuple[Finalist, ...] | None:
    """Return what is known of the finalists, choosing them as soon as that can be."""
    spec, search = look.blueprint.spec, course.search
    if spec is None or spec.finalists is None or search is None or not search.succeeded:
        return None
    if is_chosen(look.snapshot.study):
        return finalists_of(look)
    if look.searching or spec.stop:
        return None
    return tuple(Finalist(n, finite(look.record(n).latest), RepeatedValues()) for n in choose(look))


def _finalist(look: Look, finalist: Finalist) -> dict[str, Any]:
    """Return what is known of a finalist; in a list nothing takes the place of what is absent."""
    repeated = finalist.repeated
    low, high = repeated.interval or (None, None)
    fields = {
        "number": finalist.number,
        "trial": _made_as(look, finalist.number)[0],
        "value": finalist.value,
        "mean": finite(repeated.mean),
        "low": finite(low),
        "high": finite(high),
        "completed": len(repeated.values),
        "failed": repeated.failed,
        "toldApart": finalist.told_apart,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _made_as(look: Look, number: int) -> tuple[str, Mapping[str, Any]]:
    """Return name and parameters of a trial, also where its object is gone."""
    name, parameters = name_of_trial(look, number), parameters_of_trial(look, number)
    if name is not None and parameters is not None:
        return name, parameters
    # It went before earlier versions recorded how it was made; its status may still tell.
    kept = look.snapshot.study.status.get("best") or {}
    if kept.get("number") == number:
        return str(kept.get("trial")), kept.get("parameters") or {}
    return f"(deleted) {number}", {}


def _pruning(summary: JudgeSummary | None) -> dict[str, Any] | None:
    return None if summary is None else pruning_status(summary)

"""A live study out of its log: after a restart, and after a commit that failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from espalier.api.judging import judge_of
from espalier.engine.judging import replay
from espalier.engine.live_study import ADVANCES, LiveStudy
from espalier.planning.record import End
from espalier.pruning import Decision, TrialState, Verdict
from espalier.store import Log, Store, StoredObservation, StudyRow

_LOG = logging.getLogger(__name__)
_BETWEEN_PAUSES = 100
_Key = tuple[int, int, int]


async def rebuild(
    row: StudyRow, store: Store, on_prune: Callable[[int, Decision], None]
) -> LiveStudy:
    """Read a study's log and replay it; other work goes on in between.

    The stored decisions are what counts. Where the replay comes to others, as it may after an
    upgrade changed a pruner, that is logged, and the stored ones stand.

    Raises
    ------
    SpecError
        If the study's judge cannot be built.
    RetryLater
        If the store does not answer.
    """
    log = await store.log(row)
    study = LiveStudy(row, judge_of(row.uid, row.settings), store, on_prune)
    study.rules = {rule: number for number, rule in log.rules.items()}
    for number, attempt, pod_uid in log.attempts:
        study.trial(number).attempts[pod_uid] = attempt
    taken: dict[_Key, Decision] = {}
    for count, (arrival, verdict) in enumerate(replay(study.judge, log)):
        study.seq = arrival.seq
        if isinstance(arrival, StoredObservation):
            study.at = arrival.at
            _observed(study, arrival, verdict)
            if verdict is not None and verdict.decision is not None:
                taken[arrival.trial, arrival.attempt, arrival.step] = verdict.decision
        else:
            _ended(study, arrival.trial, arrival.end)
        if count % _BETWEEN_PAUSES == 0:
            await asyncio.sleep(0)
    await _restore_decisions(study, log, taken)
    for trial in study.trials.values():
        trial.let_go()
    return study


def _observed(study: LiveStudy, seen: StoredObservation, verdict: Verdict | None) -> None:
    trial = study.trial(seen.trial)
    trial.keep(seen.attempt, seen.metric, seen.step, seen.value)
    if verdict is not None and verdict.receipt in ADVANCES:
        trial.progressed(seen.step, seen.value)


def _ended(study: LiveStudy, number: int, end: End) -> None:
    trial = study.trial(number)
    trial.ended = True
    trial.finished(end)


async def _restore_decisions(study: LiveStudy, log: Log, taken: dict[_Key, Decision]) -> None:
    different: list[_Key] = []
    for count, stored in enumerate(log.decisions):
        if stored.shadow:
            continue
        decision = stored.decision
        key = (decision.trial, decision.attempt, decision.step)
        if not decision.same_as(taken.pop(key, None)):
            different.append(key)
        trial = study.trial(decision.trial)
        trial.judged(decision)
        trial.decided = decision
        if decision.prunes:
            trial.prune_ahead = decision
            study.judge.close(decision.trial, TrialState.PRUNED, stored.at)
        if count % _BETWEEN_PAUSES == 0:
            await asyncio.sleep(0)
    different += taken
    if different:
        _LOG.warning(
            "study %s/%s: %d stored decisions differ from what this version of Espalier would "
            "decide, the first one at (trial, attempt, step) %s; the stored ones stand",
            study.row.namespace,
            study.row.name,
            len(different),
            min(different),
        )

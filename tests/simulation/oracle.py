"""What must hold after a run, whatever went wrong in it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from espalier.backtest.replay import replay
from espalier.planning.obstacles.of_trial import LASTING
from espalier.planning.proposing.past import outcome_of
from espalier.pruning import Reason
from espalier.search import Outcome, key_of
from espalier.search.untried import Key
from espalier.store.sqlite.export import read_log
from espalier.study_log.log import Log
from espalier.study_log.read_lines import read_lines
from espalier.study_log.write_lines import lines
from tests.simulation.clock import now
from tests.simulation.history import History
from tests.simulation.kubelet import Process
from tests.simulation.world import World

CAUSES = {
    "BudgetSpent": {"budget"},
    "Completed": {"finished", "trained"},
    "TrainerFailed": {"failed"},
    "OutOfMemory": {"killed"},
    "DeletedByUser": {"person", "restored"},
    "JobGone": {"person", "restored", "cleaned up"},
    "ParametersRefused": {"parameters"},
    "ImagePullFailed": {"unpullable"},
}
"""What must have happened to a trial that ended so; one is enough."""

_ENDS = "SELECT trial, reason, message FROM ends WHERE study = ?"
_VALUES = (
    "SELECT a.pod_uid, o.metric, o.step, o.value FROM observations o JOIN attempts a "
    "ON a.study = o.study AND a.trial = o.trial AND a.attempt = o.attempt"
)


_HELD = (
    "SELECT a.pod_uid, s.held, s.ran FROM sightings s JOIN attempts a "
    "ON a.study = s.study AND a.trial = s.trial AND a.attempt = s.attempt"
)
_UNSEEN = 30.0
"""Seconds for which a pod's end may be unseen, by a watch that is late or tells nothing."""


def violations(world: World, *, deleted: bool = False) -> Iterator[str]:
    """Yield each law that the run broke, with what broke it.

    Parameters
    ----------
    deleted
        Whether somebody deleted the Study: its rows stay for a while all the same.
    """
    yield from (f"the operator died by itself: {each}" for each in world.crashes)
    yield from _foreign_writes(world.history)
    yield from _jobs(world.history)
    yield from _said_at_the_end(world)
    with closing(sqlite3.connect(world.folder / "espalier.db")) as database:
        number = _study_row(database, world)
        if number is None and not _accepted(world):
            return
        if number is None:
            whose = "deleted a moment ago" if deleted else "that nobody deleted"
            yield f"the rows of a Study {whose} are gone"
            return
        yield from _values(database, world)
        yield from _seconds(database, world)
        yield from _endings(database, number, world.history)
    if not deleted:
        yield from _replay(world.folder)


def _accepted(world: World) -> bool:
    return any(process.accepted for process in world.kubelet.processes.values())


def _study_row(database: sqlite3.Connection, world: World) -> int | None:
    """Return the number of the Study's row: of the one that is there, else of the newest."""
    study = world.api.find("studies", "s")
    if study is not None:
        uid = study["metadata"]["uid"]
        row = database.execute("SELECT id FROM studies WHERE uid = ?", (uid,)).fetchone()
    else:
        named = "SELECT id FROM studies WHERE name = 's' AND namespace = 'n' ORDER BY id DESC"
        row = database.execute(named).fetchone()
    return int(row[0]) if row else None


def _values(database: sqlite3.Connection, world: World) -> Iterator[str]:
    stored = {(pod, metric, step): value for pod, metric, step, value in database.execute(_VALUES)}
    for uid, process in world.kubelet.processes.items():
        yield from _lost(uid, process, stored, world.history)
    for pod in sorted({pod for pod, _, _ in stored}):
        if not world.history.ours(pod):
            yield f"values were taken from {pod}, which is no trial's pod"


def _seconds(database: sqlite3.Connection, world: World) -> Iterator[str]:
    """Yield the attempts that are said to have used more than there was to use."""
    for uid, held, ran in database.execute(_HELD):
        process = world.kubelet.processes.get(uid)
        if process is not None:
            lived = (process.ended or now()) - process.began if process.began else 0.0
            most = ran if process.program.beside else max(held, ran)
            if most > lived + _UNSEEN:
                yield f"{uid} held {held:.0f} s and ran {ran:.0f} s; it lived {lived:.0f} s"


def _lost(
    uid: str, process: Process, stored: dict[tuple[str, str, int], float], history: History
) -> Iterator[str]:
    ours = history.ours(uid)
    for report in process.accepted:
        found = stored.get((uid, report.metric, report.step))
        if ours and found != report.value:
            yield f"{uid} was told that step {report.step} is stored; stored is {found}"
        if not ours:
            yield f"{uid} is no trial's pod and its value of step {report.step} was taken"
    if ours and process.refused and not history.causes[history.trial_of(uid)]:
        yield f"{uid} is a trial's pod and was refused: {process.refused}"


_PRUNED = """
SELECT trial, reason FROM decisions WHERE study = :study AND shadow = '' AND action = 'Prune'
UNION ALL SELECT trial, reason FROM decisions_on_others
WHERE study = :study AND shadow = '' AND action = 'Prune'
"""


def _endings(database: sqlite3.Connection, number: int, history: History) -> Iterator[str]:
    decided = Counter(database.execute(_PRUNED, {"study": number}).fetchall())
    pruned = {trial for trial, _ in decided}
    yield from _asked_for(decided, history)
    known = set().union(*history.numbers.values())
    for trial, reason, message in database.execute(_ENDS, (number,)):
        causes = history.causes_of(trial)
        if trial not in known and trial < 1_000_000:
            yield f"trial {trial} never was, and ended as {reason}"
        elif (reason == "Pruned") != (trial in pruned):
            yield f"trial {trial} ended as {reason}; decisions that prune: {sorted(pruned)}"
        elif reason == "StudyStopped" and not history.stopped:
            yield f"trial {trial} ended with a Study that nobody stopped"
        elif reason in ("Pruned", "StudyStopped"):
            continue
        elif not CAUSES.get(reason, set()) & causes:
            yield f"trial {trial} ended as {reason} ({message[:60]}); what happened: {causes}"


def _asked_for(decided: Counter[tuple[int, str]], history: History) -> Iterator[str]:
    """Yield the prunings that are there twice, and those that a person did not ask for."""
    times = Counter(trial for trial, _ in decided.elements())
    yield from (f"trial {trial} was pruned {n} times" for trial, n in times.items() if n > 1)
    asked = set().union(*(history.numbers.get(uid, set()) for uid in history.pruned))
    for trial, reason in decided:
        if reason == Reason.PRUNED_BY_PERSON and trial not in asked:
            yield f"trial {trial} was pruned for a person, and nobody asked for it"


def _foreign_writes(history: History) -> Iterator[str]:
    for write in history.writes:
        if write.namespace != history.namespace:
            yield f"the operator wrote elsewhere: {write}"
        elif write.kind in ("jobs", "pods") and write.verb != "create":
            if not history.ours(write.uid):
                yield f"the operator wrote what is not its own: {write}"
        elif write.verb == "delete":
            yield f"the operator deleted what it never deletes: {write}"


def _jobs(history: History) -> Iterator[str]:
    for (trial, name), count in history.jobs_made.items():
        if count > 1 and "restored" not in history.causes[trial]:
            yield f"Job {name} was created {count} times"


def _said_at_the_end(world: World) -> Iterator[str]:
    """Nothing is in the way of a study that is over, but what its values tell."""
    said = world.condition("studies", "s", "Degraded")
    if world.over() and said.get("status") == "True" and said["reason"] not in LASTING:
        yield f"the study is over, and {said['reason']} is in its way: {said['message']}"


def _replay(folder: Path) -> Iterator[str]:
    log = read_log(f"sqlite:///{folder}/espalier.db", "n", "s")
    if log is None:
        yield "the store does not know the Study any more"
        return
    result = replay(read_lines(lines(log), "n/s"), "n/s")
    for difference in result.differences:
        yield f"a decision is not that of the replay: {difference.sentence()}"
    for other in result.proposals.differences:
        yield f"a proposal is not that of the replay: {other}"
    yield from _proposals(log)


def _proposals(log: Log) -> Iterator[str]:
    """Yield the trials that ran something else than was proposed, or what another one ran."""
    lost = {each.trial for each in log.ends if outcome_of(each.end) is Outcome.LOST}
    seen: dict[Key, int] = {}
    for proposal in log.proposals:
        if proposal.parameters is None:
            continue
        key, number = key_of(json.loads(proposal.parameters)), proposal.trial
        made = log.made.get(number)
        if made is not None and key_of(json.loads(made.parameters)) != key:
            yield f"trial {number} ran {made.parameters}; proposed was {proposal.parameters}"
        if number in lost or proposal.repeats:
            continue
        if key in seen:
            yield f"trials {seen[key]} and {number} ran the same: {proposal.parameters}"
        seen[key] = number

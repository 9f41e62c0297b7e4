"""What people want of a study's trials, as its Study and its Trials say."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.planning.world.ended import with_told_end
from espalier.planning.world.record import Wanted
from espalier.planning.world.snapshot import Snapshot, TrialView
from espalier.pruning import Restraint, Will, Wish


def wanted_restraint(snapshot: Snapshot) -> Restraint:
    """Return what is to hold pruning back; what is recorded where the Study cannot be read.

    What a trial that has ended was protected from is over, and a Trial that is not seen has not
    said that it needs no protection any more.
    """
    study, record = snapshot.study, snapshot.record
    if _is_mute(snapshot):
        return record.restraint
    assert study.spec is not None
    pruning = study.spec.pruning
    changed = frozenset(number for number, _ in _protected_otherwise(snapshot))
    return Restraint(pruning.paused, pruning.keep_best, record.restraint.protected ^ changed)


def wishes(snapshot: Snapshot) -> tuple[Wish, ...]:
    """Return what people want of single trials and is not recorded yet, in the order of numbers."""
    if _is_mute(snapshot):
        return ()
    found = [*_keeps(snapshot), *_prunes(snapshot)]
    return tuple(sorted(found, key=lambda wish: wish.trial))


def _is_mute(snapshot: Snapshot) -> bool:
    """Whether the Study is none that tells what is wanted now."""
    study = snapshot.study
    return study.spec is None or study.error is not None or study.deleting


def _protected_otherwise(snapshot: Snapshot) -> Iterator[tuple[int, TrialView]]:
    """Yield the trials that are protected, or not, otherwise than is recorded."""
    record = snapshot.record
    for view in snapshot.trials:
        number = view.number
        if number is None or record.trial(number).end is not None:
            continue
        if view.protected != (number in record.restraint.protected):
            yield number, view


def _keeps(snapshot: Snapshot) -> Iterator[Wish]:
    for number, view in _protected_otherwise(snapshot):
        if view.protected:
            yield Wish(number, Will.KEEP, view.why_protected, view.by)
        else:
            yield Wish(number, Will.LET_GO, by=view.by)


def _prunes(snapshot: Snapshot) -> Iterator[Wish]:
    """Yield the trials that are to be pruned: they are the Study's own, go on, and are not to go.

    What is irrevocable rests on labels and owner, which are for the operator alone to write.
    """
    for view in snapshot.trials:
        number = view.number
        if view.why_prune is None or number is None or not view.adopted or view.deleting:
            continue
        trial = with_told_end(snapshot.record.trial(number), view)
        if trial.end is None and trial.wanted is not Wanted.GONE:
            yield Wish(number, Will.PRUNE, view.why_prune, view.by)

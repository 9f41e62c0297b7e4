"""What is to hold a study's pruning back, as its Study and its Trials say."""

from __future__ import annotations

from espalier.planning.world.snapshot import Snapshot
from espalier.pruning.oversight.restraint import Restraint


def wanted_restraint(snapshot: Snapshot) -> Restraint:
    """Return what is to hold pruning back; what is recorded where the Study cannot be read.

    What a trial that has ended was protected from is over, and a Trial that is not seen has not
    said that it needs no protection any more.
    """
    study, record = snapshot.study, snapshot.record
    if study.spec is None or study.error is not None or study.deleting:
        return record.restraint
    before, pruning = record.restraint.protected, study.spec.pruning
    changed = frozenset(
        view.number
        for view in snapshot.trials
        if view.number is not None
        and view.protected != (view.number in before)
        and record.trial(view.number).end is None
    )
    return Restraint(pruning.paused, pruning.keep_best, before ^ changed)

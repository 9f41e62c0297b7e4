"""Whether a study may begin, as far as what its spec names elsewhere goes.

That is looked up once, before the first trial: all that comes later rests on it.
"""

from __future__ import annotations

from espalier.planning.effects import Effect, LookUpPruner, TakeOver, Wake
from espalier.planning.world.lookup_refusal import LookupRefusal
from espalier.planning.world.snapshot import Snapshot

LookedUp = tuple[bool | None, str, tuple[Effect, ...]]
"""Whether it was found (None while that is not known), why it was not, and what is to be done."""


def warmed(snapshot: Snapshot, now: float) -> LookedUp:
    """Tell whether trials of earlier studies have been taken over, as far as they are to be."""
    wanted, record = snapshot.blueprint.warm_start, snapshot.record
    if wanted is None or record.sampled or record.proposals:
        return True, "", ()
    taken = None if record.earlier is None else record.earlier.asked
    return _looked_up(snapshot, TakeOver(wanted), wanted.asked, taken, snapshot.warm_start, now)


def pruner_settled(snapshot: Snapshot, now: float) -> LookedUp:
    """Tell whether what the pruner names elsewhere has been found, as far as it names anything."""
    wanted, record = snapshot.blueprint.pruner, snapshot.record
    if wanted is None or record.sampled or record.made:
        return True, "", ()
    found = None if record.pruner is None else record.pruner.asked
    return _looked_up(snapshot, LookUpPruner(wanted), wanted.asked, found, snapshot.pruner, now)


def _looked_up(
    snapshot: Snapshot,
    look_up: Effect,
    asked: int,
    found: int | None,
    refusal: LookupRefusal | None,
    now: float,
) -> LookedUp:
    """Compare what is asked for with what was found; both are fingerprints of the question."""
    started = bool(snapshot.study.status.get("startTime"))
    if found is not None and (started or found == asked):
        return True, "", ()
    if refusal is None or refusal.asked != asked:
        return None, "", (look_up,)
    due = now >= refusal.until
    return False, refusal.message, (look_up if due else Wake(refusal.until),)

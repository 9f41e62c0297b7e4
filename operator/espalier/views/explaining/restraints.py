"""When people held pruning back, and let it go again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from espalier.pruning import Guards, Restraint, Will, Wish
from espalier.views.gathered import Gathered
from espalier.views.plain import View, time_of


def restraints(gathered: Gathered) -> list[View]:
    """Return each change of what holds pruning back, with what changed in words."""
    given = gathered.study.settings.pruning
    holds = [Restraint(bool(given.get("paused")), given.get("keepBest", Guards().keep_best))]
    holds += [change.restraint for change in gathered.changes]
    return [
        {
            "seq": change.seq,
            "at": time_of(change.at),
            **change.restraint.to_dict(),
            "wishes": [wish.to_dict() for wish in change.wishes],
            "changed": changed(before, now, change.wishes),
        }
        for change, (before, now) in zip(gathered.changes, pairwise(holds), strict=True)
    ]


def changed(before: Restraint, now: Restraint, wishes: Iterable[Wish] = ()) -> list[str]:
    """Return what is otherwise than before, a sentence each, with who wanted it and why."""
    said = []
    if now.paused != before.paused:
        said.append("pruning was paused" if now.paused else "pruning went on")
    if now.keep_best != before.keep_best:
        said.append(f"keepBest became {now.keep_best} (it was {before.keep_best})")
    wanted = {(wish.trial, wish.will): wish for wish in wishes}
    for trials, words, will in (
        (now.protected - before.protected, "protected", Will.KEEP),
        (before.protected - now.protected, "no longer protected", Will.LET_GO),
        (frozenset(n for n, will in wanted if will is Will.PRUNE), "pruned", Will.PRUNE),
    ):
        said += [
            f"trial {trial} was {words}{_wanted(wanted.get((trial, will)))}"
            for trial in sorted(trials)
        ]
    return said


def _wanted(wish: Wish | None) -> str:
    if wish is None:
        return ""
    by = f" by {wish.by}" if wish.by else ""
    return f"{by}: {wish.why}" if wish.why else by

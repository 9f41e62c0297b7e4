"""When people held pruning back, and let it go again."""

from __future__ import annotations

from itertools import pairwise

from espalier.pruning import Guards, Restraint
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
            "changed": changed(before, now),
        }
        for change, (before, now) in zip(gathered.changes, pairwise(holds), strict=True)
    ]


def changed(before: Restraint, now: Restraint) -> list[str]:
    """Return what is otherwise than before, a sentence each."""
    said = []
    if now.paused != before.paused:
        said.append("pruning was paused" if now.paused else "pruning went on")
    if now.keep_best != before.keep_best:
        said.append(f"keepBest became {now.keep_best} (it was {before.keep_best})")
    for trials, words in (
        (now.protected - before.protected, "protected"),
        (before.protected - now.protected, "no longer protected"),
    ):
        said += [f"trial {trial} was {words}" for trial in sorted(trials)]
    return said

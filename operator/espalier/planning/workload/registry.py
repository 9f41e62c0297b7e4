"""The kinds of object that may run a trial: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espalier.errors import InternalError
from espalier.planning.workload.job import Job
from espalier.planning.workload.kind import WorkloadKind
from espalier.planning.world.kinds import Kind

if TYPE_CHECKING:
    from espalier.api import StudySpec

KINDS: tuple[WorkloadKind, ...] = (Job(),)
"""Those that a Study has to ask for come first; the last runs what no other does."""


def kind_of(spec: StudySpec | None) -> WorkloadKind:
    """Return the kind that runs a Study's trials; the last where the spec cannot be read."""
    if spec is None:
        return KINDS[-1]
    return next((each for each in KINDS if each.runs(spec)), KINDS[-1])


def of_kind(kind: Kind) -> WorkloadKind:
    """Return what a kind can tell of its objects.

    Raises
    ------
    InternalError
        If none of the kind runs trials.
    """
    found = by_plural(kind.plural)
    if found is None:
        raise InternalError(f"{kind.name} is no kind that runs trials")
    return found


def by_plural(plural: str) -> WorkloadKind | None:
    """Return the kind of this plural, None where it is none that runs trials."""
    return next((each for each in KINDS if each.kind.plural == plural), None)


def by_owner(group: str, name: str) -> WorkloadKind | None:
    """Return the kind that an owner reference names, None where it is none that runs trials."""
    return next(
        (each for each in KINDS if (each.kind.group, each.kind.name) == (group, name)), None
    )

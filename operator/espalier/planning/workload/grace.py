"""How long a trial's processes have when the operator ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from espalier.api import StudySpec


def grace_of(spec: StudySpec) -> int:
    """Return the seconds between SIGTERM and SIGKILL where the operator ends a trial.

    At least one: a pod that is deleted with 0 is forgotten before its processes are gone, and their
    devices would be given to the next one.
    """
    return max(1, spec.pruning.grace_period_seconds)

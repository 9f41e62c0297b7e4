"""Which container trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espalier.api import trainer_of
from espalier.errors import SpecError

if TYPE_CHECKING:
    from espalier.api import StudySpec


def trainer_in(spec: StudySpec | None) -> str:
    """Return the name of the container that trains; empty where the spec does not tell one."""
    try:
        return trainer_of(spec.template, spec.trainer_container) if spec is not None else ""
    except SpecError:
        return ""

"""Checks of a study's pruner and shadows: the same as the API server's rules."""

from __future__ import annotations

from espalier.api.pruner import (
    COMPOSITE_SECTIONS,
    NEED_THEIR_SECTION,
    SECTIONS,
    LeafSpec,
    PrunerSpec,
)
from espalier.api.pruner_settings import snake
from espalier.api.study import StudySpec
from espalier.errors import SpecError
from espalier.pruning import Goal


def check_pruner(spec: StudySpec) -> None:
    """Check that every pruner of a study has the settings of its type, and only those.

    Raises
    ------
    SpecError
        For the first pruner at fault.
    """
    pruner = spec.pruner
    _check_sections("spec.pruner", pruner, SECTIONS | COMPOSITE_SECTIONS)
    leaves = [(f"spec.pruner.all[{i}]", leaf) for i, leaf in enumerate(pruner.all or ())]
    leaves += [(f"spec.pruner.any[{i}]", leaf) for i, leaf in enumerate(pruner.any or ())]
    leaves += [(f"spec.pruning.shadows[{i}]", leaf) for i, leaf in enumerate(spec.pruning.shadows)]
    for path, leaf in leaves:
        _check_sections(path, leaf, SECTIONS)
        _check_goal(leaf, spec.objective.target)
    _check_goal(pruner, spec.objective.target)


def _check_sections(path: str, spec: LeafSpec | PrunerSpec, sections: dict[str, str]) -> None:
    for kind, section in sections.items():
        given = getattr(spec, snake(section)) is not None
        if given and spec.type != kind:
            raise SpecError(
                f"{path}.{section}",
                f"expected nothing, since type is {spec.type}, got settings; remove {section}, or "
                f"set type: {kind}",
            )
        if not given and spec.type == kind and kind in NEED_THEIR_SECTION:
            raise SpecError(
                f"{path}.{section}",
                f"expected settings, since type is {kind}, got nothing; add {section}",
            )


def _check_goal(spec: LeafSpec | PrunerSpec, target: float | None) -> None:
    for section in (spec.auto, spec.posterior):
        if section is not None and section.goal is Goal.TIME_TO_TARGET and target is None:
            raise SpecError(
                "spec.objective.target",
                "expected a target, since the pruner's goal is TimeToTarget, got nothing; add it, "
                "or choose another goal",
            )

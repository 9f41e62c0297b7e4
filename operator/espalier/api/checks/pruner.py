"""Checks of a study's pruner and shadows: the same as the API server's rules."""

from __future__ import annotations

from espalier.api.pruner import LeafSpec, PrunerSpec, PruningSpec
from espalier.api.pruner_rules import COMPOSITE_SECTIONS, NEED_THEIR_SECTION, SECTIONS
from espalier.api.pruner_settings import snake
from espalier.api.study import StudySpec
from espalier.errors import SpecError
from espalier.pruning import Goal, SettingsError


def check_pruner(spec: StudySpec) -> None:
    """Check that every pruner of a study has the settings of its type, and only those.

    Raises
    ------
    SpecError
        For the first pruner at fault.
    """
    check_sections(spec.pruner, spec.pruning)
    every: list[tuple[str, LeafSpec | PrunerSpec]] = [("spec.pruner", spec.pruner)]
    for path, each in [*every, *_leaves(spec.pruner, spec.pruning)]:
        _check_goal(each, spec.objective.target)
        _check_steps(path, each, spec.resource.max)
        _check_settings(path, each)


def check_sections(pruner: PrunerSpec, pruning: PruningSpec) -> None:
    """Check that every pruner has the section of its type where it needs it, and no other.

    Raises
    ------
    SpecError
        For the first pruner at fault.
    """
    _check_sections("spec.pruner", pruner, SECTIONS | COMPOSITE_SECTIONS)
    for path, leaf in _leaves(pruner, pruning):
        _check_sections(path, leaf, SECTIONS)


def _leaves(pruner: PrunerSpec, pruning: PruningSpec) -> list[tuple[str, LeafSpec]]:
    leaves = [(f"spec.pruner.all[{i}]", leaf) for i, leaf in enumerate(pruner.all or ())]
    leaves += [(f"spec.pruner.any[{i}]", leaf) for i, leaf in enumerate(pruner.any or ())]
    shadows = enumerate(pruning.shadows)
    return leaves + [(f"spec.pruning.shadows[{i}]", leaf) for i, leaf in shadows]


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


def _check_steps(path: str, spec: LeafSpec | PrunerSpec, last: int) -> None:
    for section in SECTIONS.values():
        settings = getattr(spec, snake(section))
        warmup = getattr(settings, "warmup_steps", 0)
        if warmup >= last:
            raise SpecError(
                f"{path}.{section}.warmupSteps",
                f"expected less than resource.max ({last}), or no trial is ever pruned, got "
                f"{warmup}; lower it, or choose type: Nop",
            )
        first = getattr(settings, "min_resource", None) or 1
        if first > last:
            raise SpecError(
                f"{path}.{section}.minResource",
                f"expected at most resource.max ({last}), or no trial reaches a rung, got "
                f"{first}; lower it, or choose type: Nop",
            )


def _check_settings(path: str, spec: LeafSpec | PrunerSpec) -> None:
    if spec.type in SECTIONS and spec.type != "Plugin":
        try:
            spec.build()
        except SettingsError as error:
            says = str(error).removeprefix(f"{spec.type}: ")
            raise SpecError(f"{path}.{SECTIONS[spec.type]}", says) from error

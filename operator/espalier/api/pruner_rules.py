"""Rules about each of a study's pruners and the study itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from espalier.api.plain_pruner import COMPOSITES
from espalier.declared.bounds import WithinTrial, annotations_of, metadata_of
from espalier.declared.names import camel, section_of
from espalier.declared.operands import At
from espalier.declared.predicates import And, Compare, Not, Or, Predicate, absent, chosen, has
from espalier.declared.rule import Breach, remedy_in
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.registry import BUILT_IN


@dataclass(frozen=True, slots=True, kw_only=True)
class EachPruner:
    """What must hold of every pruner of a study that has a setting.

    The API server looks at `spec.pruner` alone, since its budget for rules is bounded; the operator
    looks at combined pruners and shadows too.

    Parameters
    ----------
    sections
        The sections that have the setting.
    setting
        Its name.
    kept
        The condition, made from the root that a pruner's part is reached from and the path to its
        section there; ``self`` is the study's spec.
    message, field
        What the API server says, and of which field.
    expected
        What the operator says, made from the study's spec and the setting.
    operators_field
        Of which field; that of the setting, if not given.
    """

    sections: tuple[str, ...]
    setting: str
    kept: Callable[[str, str], Predicate]
    message: str
    field: str
    expected: Callable[[Mapping[str, Any], Any], str]
    operators_field: str | None = None

    @property
    def condition(self) -> Predicate:
        """What must hold of the study's pruner."""
        return And(*(self.kept("self", f"pruner.{section}") for section in self.sections))

    def to_dict(self) -> dict[str, str]:
        """Return an entry of ``x-kubernetes-validations``."""
        entry = {"rule": self.condition.cel(), "message": self.message}
        return entry | {"fieldPath": self.field}

    def holds(self, value: Any, old: Any = None) -> bool:
        """Whether the pruner of a study's plain spec keeps the rule."""
        return self.condition.holds({"self": value, "oldSelf": old})

    def breaches(self, value: Mapping[str, Any]) -> Iterator[Breach]:
        """Iterate over the pruners of a study's plain spec that break the rule."""
        for path, part in parts_of(value):
            for section in self.sections:
                if not self.kept("part", section).holds({"self": value, "part": part}):
                    found = part[section][self.setting]
                    yield Breach(
                        self.operators_field or f"{path}.{section}.{self.setting}",
                        self.expected(value, found),
                        remedy_in(self.message),
                    )


def parts_of(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Iterate over all that describes a pruner in a study's plain spec, with its path."""
    pruner = spec["pruner"]
    yield ".pruner", pruner
    for composite in COMPOSITES:
        for index, part in enumerate(pruner.get(composite.section, ())):
            yield f".pruner.{composite.section}[{index}]", part
    for index, part in enumerate(spec["pruning"]["shadows"]):
        yield f".pruning.shadows[{index}]", part


def step_rules() -> tuple[EachPruner, ...]:
    """Return the rules that a pruner can prune before the last step, where nothing is pruned."""
    declared: dict[tuple[str, WithinTrial], list[str]] = {}
    for kind in BUILT_IN.values():
        for name, annotation in annotations_of(kind).items():
            for each in metadata_of(annotation):
                if isinstance(each, WithinTrial) and name not in kind.not_in_study:
                    declared.setdefault((camel(name), each), []).append(section_of(kind.name))
    return tuple(
        _within(setting, within, tuple(sections))
        for (setting, within), sections in declared.items()
    )


def _within(setting: str, within: WithinTrial, sections: tuple[str, ...]) -> EachPruner:
    def kept(root: str, section: str) -> Predicate:
        step = f"{section}.{setting}"
        end = Compare(At(step, root), within.relation, At("resource.max"))
        return Or(absent(section, root), absent(step, root), end)

    must, most = {
        "<": ("must be less than", "less than"),
        "<=": ("must not exceed", "at most"),
    }[within.relation]
    return EachPruner(
        sections=sections,
        setting=setting,
        kept=kept,
        message=f"{setting} {must} resource.max, or {within.otherwise}; lower it, or choose type:"
        " Nop",
        field=".pruner",
        expected=lambda spec, step: (
            f"{most} resource.max ({spec['resource']['max']}), or {within.otherwise}, got {step}"
        ),
    )


def target_rule() -> EachPruner:
    """Return the rule that whoever wants to reach a target names one."""
    wishing = tuple(
        section_of(kind.name)
        for kind in BUILT_IN.values()
        if annotations_of(kind).get("goal") is Goal
    )
    wish = Goal.TIME_TO_TARGET.value

    def kept(root: str, section: str) -> Predicate:
        wishes = And(has(section, root), chosen(f"{section}.goal", wish, root))
        return Or(has("objective.target"), Not(wishes))

    return EachPruner(
        sections=wishing,
        setting="goal",
        kept=kept,
        message=f"goal {wish} needs objective.target; add it, or choose another goal",
        field=".objective",
        expected=lambda _, goal: f"a target, since the pruner's goal is {goal}, got nothing",
        operators_field=".objective.target",
    )

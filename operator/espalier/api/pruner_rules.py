"""Which settings belong to which type of pruner, and the API server's rules that say so."""

from __future__ import annotations

from espalier.api.base import Rule

SECTIONS = {
    "Auto": "auto",
    "Bandit": "bandit",
    "Hyperband": "hyperband",
    "Median": "median",
    "Nop": "nop",
    "Patient": "patient",
    "Percentile": "percentile",
    "Plugin": "plugin",
    "Posterior": "posterior",
    "SuccessiveHalving": "successiveHalving",
    "Threshold": "threshold",
    "Wilcoxon": "wilcoxon",
}
COMPOSITE_SECTIONS = {"Any": "any", "All": "all"}
NEED_THEIR_SECTION = ("All", "Any", "Patient", "Percentile", "Plugin", "Threshold")


def section_rules(sections: dict[str, str]) -> tuple[Rule, ...]:
    """Only the section of the chosen type may be set, and some types need theirs."""
    only = [
        Rule(
            f"!has(self.{section}) || self.type == '{kind}'",
            f"{section} belongs to type: {kind}; remove {section}, or choose that type",
            field_path=f".{section}",
        )
        for kind, section in sections.items()
    ]
    needed = [
        Rule(
            f"self.type != '{kind}' || has(self.{sections[kind]})",
            f"type: {kind} needs settings; add {sections[kind]}",
            field_path=".type",
        )
        for kind in sections
        if kind in NEED_THEIR_SECTION
    ]
    return (*only, *needed)


def step_rules(warm: tuple[str, ...], from_rung: tuple[str, ...]) -> tuple[Rule, Rule]:
    """A study's pruner must be able to prune before the last step, where nothing is pruned.

    Parameters
    ----------
    warm, from_rung
        The sections that have warmupSteps, and those that have minResource.
    """
    return (
        Rule(
            _each(warm, "warmupSteps", "<"),
            "warmupSteps must be less than resource.max, or no trial is ever pruned; lower it, or"
            " choose type: Nop",
            field_path=".pruner",
        ),
        Rule(
            _each(from_rung, "minResource", "<="),
            "minResource must not exceed resource.max, or no trial reaches a rung; lower it, or"
            " choose type: Nop",
            field_path=".pruner",
        ),
    )


def _each(sections: tuple[str, ...], field: str, relation: str) -> str:
    return " && ".join(
        f"(!has(self.pruner.{section}) || !has(self.pruner.{section}.{field})"
        f" || self.pruner.{section}.{field} {relation} self.resource.max)"
        for section in sections
    )

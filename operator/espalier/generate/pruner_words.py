"""Says which settings several types of pruner share, and why the others lack them."""

from __future__ import annotations

from espalier.api.pruner import sections_with
from espalier.api.pruner_rules import SECTIONS
from espalier.pruning.pruners.base import camel

WHY_NOT: dict[tuple[str, ...], str] = {
    ("startup_trials", "warmup_steps", "interval_steps"): "Nop judges nothing.",
    ("patience",): "The `patience` of Patient is the length of its plateau, in reports; one judged"
    " step that says prune is enough.",
    ("min_trials",): "Auto and Posterior settle themselves how many trials they must have seen;"
    " Bandit and Wilcoxon compare with one trial, the leader; Patient and Threshold with none.",
    ("own_value",): "Auto and Posterior take the mean over the last 15 % of the steps, Bandit the"
    " line through the latest 16 reports; Wilcoxon pairs all values; Patient compares the trial's"
    " best values, Threshold its latest.",
    ("peers", "match"): "At a rung all that have reached it are compared, with the value with which"
    " each got there; the other types rank no peers at a step.",
}
"""The shared settings that come and go together, and why some types have none."""

HEAD = """
## What several types share

| setting | types | why the others do not have it |
| --- | --- | --- |
"""


def shared() -> str:
    """Give the part of the page on pruners that says who has which shared setting."""
    rows = []
    for fields, why in WHY_NOT.items():
        names = ", ".join(f"`{camel(field)}`" for field in fields)
        rows.append(f"| {names} | {_types(fields[0])} | {why} |\n")
    return HEAD + "".join(rows)


def _types(field: str) -> str:
    having = {kind for kind, section in SECTIONS.items() if section in sections_with(field)}
    if field == "patience":
        having.discard("Patient")
    lacking = sorted(set(SECTIONS) - having - {"Plugin"})
    if len(lacking) < len(having):
        return f"all but {' and '.join(lacking)}"
    return ", ".join(sorted(having))

"""Pruners by name: ours, and those that other packages offer."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from espalier.pruning.pruners.base import Pruner, SettingsError

GROUP = "espalier.pruners"

BUILT_IN: Mapping[str, str] = {
    "Auto": "espalier.pruning.pruners.auto.pruner:Auto",
    "Bandit": "espalier.pruning.pruners.bandit:Bandit",
    "Hyperband": "espalier.pruning.pruners.hyperband:Hyperband",
    "Median": "espalier.pruning.pruners.percentile:Median",
    "Nop": "espalier.pruning.pruners.nop:Nop",
    "Patient": "espalier.pruning.pruners.patient:Patient",
    "Percentile": "espalier.pruning.pruners.percentile:Percentile",
    "Posterior": "espalier.pruning.pruners.posterior.pruner:Posterior",
    "SuccessiveHalving": "espalier.pruning.pruners.successive_halving:SuccessiveHalving",
    "Threshold": "espalier.pruning.pruners.threshold:Threshold",
    "Wilcoxon": "espalier.pruning.pruners.wilcoxon.pruner:Wilcoxon",
}


def pruner_type(name: str) -> type[Pruner]:
    """Give the class of a pruner by its name; a plug-in cannot replace one of ours."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return getattr(import_module(module), attribute)  # type: ignore[no-any-return]
    for entry in entry_points(group=GROUP, name=name):
        return entry.load()  # type: ignore[no-any-return]
    raise SettingsError(
        f"pruner: expected one of {', '.join(names())}, got {name!r}; "
        f"a plug-in must be installed beside the operator, under the entry point {GROUP}"
    )


def names() -> list[str]:
    """Give the names of all pruners that can be used here."""
    return sorted({*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))})


def make(name: str, settings: Mapping[str, Any]) -> Pruner:
    """Make a pruner of this name with these settings, named as its dataclass names them."""
    kind = pruner_type(name)
    try:
        return kind(**settings)
    except TypeError as error:
        raise SettingsError(f"{name}: expected settings that it knows, got: {error}") from error

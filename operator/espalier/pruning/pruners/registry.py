"""Pruners by name: ours, and those that other packages offer."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from espalier.pruning.pruners.auto.pruner import Auto
from espalier.pruning.pruners.bandit import Bandit
from espalier.pruning.pruners.base import Pruner, Scheduled, SettingsError
from espalier.pruning.pruners.hyperband import Hyperband
from espalier.pruning.pruners.nop import Nop
from espalier.pruning.pruners.patient import Patient
from espalier.pruning.pruners.percentile import Median, Percentile
from espalier.pruning.pruners.posterior.pruner import Posterior
from espalier.pruning.pruners.slack_to_best import SlackToBest
from espalier.pruning.pruners.successive_halving import SuccessiveHalving
from espalier.pruning.pruners.threshold import Threshold
from espalier.pruning.pruners.wilcoxon.pruner import Wilcoxon

GROUP = "espalier.pruners"

BUILT_IN: Mapping[str, type[Scheduled]] = {
    kind.name: kind
    for kind in (
        Auto,
        Bandit,
        Hyperband,
        Median,
        Nop,
        Patient,
        Percentile,
        Posterior,
        SlackToBest,
        SuccessiveHalving,
        Threshold,
        Wilcoxon,
    )
}


def pruner_type(name: str) -> type[Pruner]:
    """Return the class of a pruner by its name; a plug-in cannot replace one of ours.

    Raises
    ------
    SettingsError
        If there is none of this name.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    for entry in entry_points(group=GROUP, name=name):
        return entry.load()  # type: ignore[no-any-return]
    raise SettingsError(
        f"pruner: expected one of {', '.join(names())}, got {name!r}; "
        f"a plug-in must be installed beside the operator, under the entry point {GROUP}"
    )


def names() -> list[str]:
    """Return the names of all pruners that can be used here."""
    return sorted({*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))})


def make(name: str, settings: Mapping[str, Any]) -> Pruner:
    """Make a pruner of this name with these settings, named as its dataclass names them.

    Raises
    ------
    SettingsError
        If there is none of this name, or it does not know a setting.
    """
    kind = pruner_type(name)
    try:
        return kind(**settings)
    except TypeError as error:
        raise SettingsError(f"{name}: expected settings that it knows, got: {error}") from error

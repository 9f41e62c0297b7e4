"""The setting of each pruner that makes it bolder or more careful, and values to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from espalier.api.pruner_rules import SECTIONS
from espalier.backtest.candidate import Candidate
from espalier.errors import UsageError


@dataclass(frozen=True)
class Knob:
    """A setting of a pruner, and the values it is given.

    Parameters
    ----------
    path
        Where it stands in `spec.pruner`: ``auto.risk``.
    values
        What it is set to; a number of steps may be a share of the horizon: ``8%``.
    """

    path: str
    values: tuple[Any, ...]

    @property
    def type(self) -> str:
        """The type of pruner that has this setting."""
        section = self.path.partition(".")[0]
        return next(kind for kind, name in SECTIONS.items() if name == section)

    @property
    def setting(self) -> str:
        """The setting's name in its section."""
        return self.path.partition(".")[2]


KNOBS = {
    knob.type: knob
    for knob in (
        Knob("auto.risk", (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)),
        Knob("posterior.risk", (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)),
        Knob("median.warmupSteps", (0, "4%", "8%", "16%", "24%")),
        Knob("percentile.warmupSteps", (0, "4%", "8%", "16%", "24%")),
        Knob("successiveHalving.minResource", ("2%", "4%", "8%", "16%", "24%")),
        Knob("hyperband.minResource", ("1%", "4%", "8%", "16%")),
        Knob("bandit.exploration", (0, 1, 2, 4, 6)),
        Knob("patient.patience", ("4%", "8%", "16%", "32%")),
        Knob("wilcoxon.pThreshold", (0.01, 0.05, 0.1, 0.2, 0.4)),
    )
}
"""By type; Nop, Threshold and plug-ins have no setting that suits every task."""
RISKS = ("auto.risk", "posterior.risk")
"""The knobs that state a risk."""


def read_knob(text: str) -> Knob:
    """Read a setting and values for it: ``median.warmupSteps=0,8%,16%``.

    Raises
    ------
    UsageError
        If it is not of that form, or names no pruner's section.
    """
    path, _, listed = text.partition("=")
    section, _, setting = path.strip().partition(".")
    values = _values(listed)
    if section not in SECTIONS.values() or not setting or not values:
        raise UsageError(
            "--sweep",
            "expected SECTION.SETTING=VALUE,VALUE,... of a pruner, such as "
            f"median.warmupSteps=0,8%,16%, got {text!r}",
        )
    return Knob(path.strip(), values)


def _values(listed: str) -> tuple[Any, ...]:
    try:
        return tuple(yaml.safe_load(value) for value in listed.split(",") if value.strip())
    except (yaml.YAMLError, ValueError, RecursionError):
        return ()


@dataclass(frozen=True)
class Sweep:
    """A pruner over the values of one of its settings."""

    base: Candidate
    knob: Knob

    def candidates(self) -> list[Candidate]:
        """Give the pruner at each value."""
        return [
            Candidate(
                f"{self.base.label} {self.knob.setting}={value}",
                _with(self.base.pruner, self.knob.path.split("."), value),
                self.base.pruning,
            )
            for value in self.knob.values
        ]


def sweeps(bases: Sequence[Candidate], named: Sequence[Knob]) -> list[Sweep]:
    """Give each pruner its knobs: those that are named for its type, else its own.

    Raises
    ------
    UsageError
        If a pruner has no knob of its own, and none is named.
    """
    found = []
    for base in bases:
        knobs = [knob for knob in named if knob.type == base.type]
        if not knobs and base.type not in KNOBS:
            raise UsageError(
                f"pruner {base.label}",
                f"expected a type with a knob of its own ({', '.join(KNOBS)}), or --sweep "
                f"SECTION.SETTING=VALUES for it, got {base.type}",
            )
        found += [Sweep(base, knob) for knob in knobs or [KNOBS[base.type]]]
    return found


def _with(setting: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    inner = dict(setting or {})
    return {**inner, path[0]: _with(inner.get(path[0]), path[1:], value)}

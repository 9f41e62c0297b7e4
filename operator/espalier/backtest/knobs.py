"""The setting of each pruner that makes it bolder or more careful, and values to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from espalier.api.pruner import PrunerSpec
from espalier.backtest.candidate import Candidate
from espalier.declared.names import camel, section_of
from espalier.errors import UsageError
from espalier.pruning.pruners.registry import BUILT_IN
from espalier.pruning.pruners.risk_bearing import RiskBearing


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
        return TYPES[self.path.partition(".")[0]]

    @property
    def setting(self) -> str:
        """The setting's name in its section."""
        return self.path.partition(".")[2]


TYPES = {choice.section: kind for kind, choice in PrunerSpec.choices.items()}
"""The type of pruner that each section belongs to."""


KNOBS = {
    name: Knob(f"{section_of(name)}.{camel(kind.boldness.setting)}", kind.boldness.values)
    for name, kind in BUILT_IN.items()
    if kind.boldness is not None
}
"""What each pruner declares as its own knob; some have no setting that suits every task."""
STATING = tuple(name for name, kind in BUILT_IN.items() if issubclass(kind, RiskBearing))
"""The types that state a risk."""
RISKS = tuple(KNOBS[name].path for name in STATING if name in KNOBS)
"""The knobs that state a risk."""


def words() -> str:
    """Return which type is tried over which setting: ``Auto and Posterior over risk, ...``."""
    types: dict[str, list[str]] = {}
    for knob in KNOBS.values():
        types.setdefault(knob.setting, []).append(knob.type)
    return ", ".join(f"{' and '.join(names)} over {setting}" for setting, names in types.items())


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
    if section not in TYPES or not setting or not values:
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
        """Return the pruner at each value."""
        return [
            Candidate(
                f"{self.base.label} {self.knob.setting}={value}",
                _with(self.base.pruner, self.knob.path.split("."), value),
                self.base.pruning,
                self.base.edition,
            )
            for value in self.knob.values
        ]


def sweeps(bases: Sequence[Candidate], named: Sequence[Knob]) -> list[Sweep]:
    """Return the knobs of each pruner: those that are named for its type, else its own.

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

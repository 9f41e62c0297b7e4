"""The flags that tell how long a study waits before it says what is in the way, out of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import click

from espalier.planning import OperatorSettings

FLAGS: dict[str, str] = {
    "refusal_patience": "How long the cluster may refuse something in words of its own before the "
    "Study says so; from then on no further trial is started that it would refuse too.",
    "pod_patience": "How long a pod may wait to be made, given a node or let go, and a request "
    "may fail, before the Study says so.",
    "metric_patience": "How long a trainer may run without a value before the Study and the "
    "Trial say so, while no other trial of the study tells how long its first value takes.",
    "silence_patience": "How long a trainer that has reported may be silent before the Study says "
    "so, at least; it is never said within ten of its steps.",
    "stall_patience": "How long anything may stand still for a reason that nothing tells before "
    "the Study says so.",
}
"""By the field of `Settings`: what it means."""

_F = TypeVar("_F", bound=Callable[..., Any])


def patience_flags(command: _F) -> _F:
    """Add the flags to a command, which gets them by the fields' names and ``_seconds``."""
    defaults = {field.name: field.default for field in fields(OperatorSettings)}
    for name, help_ in reversed(FLAGS.items()):
        command = click.option(
            f"--{name.replace('_', '-')}-seconds",
            type=click.FloatRange(min=0),
            default=defaults[name],
            help=help_,
            show_envvar=True,
        )(command)
    return command


def patience_of(options: dict[str, Any]) -> dict[str, float]:
    """Take the patience out of a command's options."""
    return {name: options.pop(f"{name}_seconds") for name in FLAGS}

"""The flags that bound what reports may take, out of one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import click

from espalier.engine.reports.limits import ValueLimits, setting

_COUNT = click.IntRange(min=1)
_SHARE = click.FloatRange(min=0, max=1, min_open=True)

FLAGS: dict[str, tuple[click.IntRange | click.FloatRange, str]] = {
    "values_a_trial": (_COUNT, "TrialValues that may be stored of a trial, of all its metrics."),
    "metrics_a_trial": (_COUNT, "Names of metrics that a trial may report."),
    "judged_steps_a_trial": (_COUNT, "TrialValues of the study's metric that a trial may report."),
    "values_a_study": (_COUNT, "TrialValues that may be stored of a study."),
    "values_a_second": (
        click.FloatRange(min=1),
        "TrialValues a second that a study may report, on average; four times as many at once.",
    ),
    "store_share": (
        _SHARE,
        "Part of the store's volume that the values of one namespace may take.",
    ),
    "loop_share": (
        _SHARE,
        "Part of the operator's time in which values may be judged, shared by the studies.",
    ),
}
"""By the field of `ValueLimits`: what may be given, and what it means."""

_F = TypeVar("_F", bound=Callable[..., Any])


def limit_flags(command: _F) -> _F:
    """Add the flags to a command, which gets them by the fields' names."""
    defaults = {field.name: field.default for field in fields(ValueLimits)}
    for name, (kind, help_) in reversed(FLAGS.items()):
        command = click.option(
            setting(name),
            name,
            type=kind,
            default=defaults[name],
            help=help_,
            show_envvar=True,
        )(command)
    return command


def limits_of(options: dict[str, Any]) -> ValueLimits:
    """Take the limits out of a command's options."""
    return ValueLimits(**{name: options.pop(name) for name in FLAGS})

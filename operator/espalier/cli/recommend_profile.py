"""What `espalier recommend` found, as a PrunerProfile to review, keep in git and apply."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

import click
import yaml
from click.core import ParameterSource

from espalier import __version__
from espalier.api import API_VERSION, parse_profile
from espalier.api.profile import (
    LONGEST_COMMAND,
    LONGEST_NOTE,
    MOST_PROFILED_STUDIES,
    PrunerProfile,
)
from espalier.api.profile_reference import ProfileReference
from espalier.api.validation import checked
from espalier.backtest.candidate import resolved
from espalier.backtest.recommend.certainty import Sure
from espalier.backtest.recommend.recommendation import Recommendation
from espalier.backtest.recommend.records import RecordedStudy, Sample
from espalier.cli.recommend_words import shares_of, verdict
from espalier.errors import SpecError, UsageError

OPTION = "--profile"
LEFT_OUT = frozenset({"--store", "--jobs", "--picture", "--output", "--profile"})
"""Options that do not change what is found; that of the store may hold a password."""


def check_profile_name(name: str) -> None:
    """Make sure that a PrunerProfile may be called so.

    Raises
    ------
    UsageError
        If it may not.
    """
    try:
        checked(ProfileReference, {"name": name}, "metadata")
    except SpecError as error:
        raise UsageError(OPTION, str(error)) from error


def command_of(context: click.Context, left_out: Set[str] = LEFT_OUT) -> str:
    """Return what was called, with what was given that changes what it finds."""
    words = ["espalier", context.command.name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and left_out.isdisjoint(parameter.opts):
            words += _words(parameter, context.params[name])
    return shlex.join(words)


def _words(parameter: click.Parameter, value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list | tuple) else [value]:
        if isinstance(parameter, click.Option):
            yield max(parameter.opts, key=len)
        yield str(each)


def manifest(found: Recommendation, name: str, command: str, at: datetime) -> str:
    """Return a PrunerProfile of what is recommended, in YAML.

    Parameters
    ----------
    found
        What was found.
    name
        What the profile is to be called.
    command
        What was called to find it.
    at
        When.
    """
    candidate = found.recommended.candidate
    made = {
        "apiVersion": API_VERSION,
        "kind": PrunerProfile.__name__,
        "metadata": {"name": name},
        "spec": {
            "pruner": {
                "type": candidate.type,
                **resolved(candidate.pruner, _shortest(found.studies)),
            },
            "provenance": {
                "studies": [_study(each) for each in found.studies[:MOST_PROFILED_STUDIES]],
                "command": _cut(command, LONGEST_COMMAND),
                "version": __version__,
                "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                **_figures("saved", found.recommended.sure_of("saved")),
                **_figures("lost", found.recommended.lost),
                "note": _cut(" ".join(_note(found)), LONGEST_NOTE),
            },
        },
    }
    parse_profile(made)
    return yaml.safe_dump(made, sort_keys=False, default_flow_style=False, allow_unicode=True)


def _shortest(studies: Sequence[RecordedStudy]) -> int:
    return min(study.curves.steps for study in studies)


def _study(study: RecordedStudy) -> Mapping[str, Any]:
    known = {"name": study.name, "namespace": study.namespace, "uid": study.uid}
    told = {key: value for key, value in known.items() if value}
    return {**told, "trials": len(study.curves), "steps": study.curves.steps}


def _figures(what: str, sure: Sure) -> dict[str, float]:
    bounds = {"": sure.mean, "Low": max(-1.0, sure.low), "High": min(1.0, sure.high)}
    if what == "lost":
        bounds["Low"] = max(0.0, sure.low)
    return {f"{what}{name}": round(value, 4) for name, value in bounds.items()}


def _note(found: Recommendation) -> Iterator[str]:
    """Say what was advised, and what of it holds for these studies alone."""
    yield verdict(found)
    steps = _shortest(found.studies)
    for name, share in shares_of(found.recommended.candidate.pruner):
        yield f"{name} is {share} of resource.max, here of {steps}."
    if any(study.sample is Sample.SURVIVORS for study in found.studies):
        yield "Biased: of some studies only what pruning left was there to judge by."
    if len(found.studies) > MOST_PROFILED_STUDIES:
        yield f"Judged on {len(found.studies)} studies, of which the first are named."


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"

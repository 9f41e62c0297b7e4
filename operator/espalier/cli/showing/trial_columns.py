"""The columns of a table of trials. Pure: views in, texts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from espalier.cli.showing.durations import duration
from espalier.cli.showing.fitted_table import Column
from espalier.cli.showing.sparkline import BLOCKS, bounds, sparkline
from espalier.cli.showing.study_frame import STYLES
from espalier.cli.showing.study_words import number
from espalier.views.plain import View

_CURVE = 16


def trial_columns(
    study: View,
    trials: Sequence[View],
    curves: Mapping[int, View],
    *,
    wide: bool = False,
    blocks: str = BLOCKS,
) -> list[Column]:
    """Return the columns: what gives way first in a narrow terminal has the greatest rank.

    Parameters
    ----------
    study
        The study, as its view has it.
    trials
        Those that are shown, whose parameters become columns.
    curves
        Curves by number, as far as they are known.
    """
    horizon, resource = study["resource"].get("max"), study["resource"].get("name", "step")
    low, high = bounds([curve["values"] for curve in curves.values()])

    def curve(trial: View) -> str:
        values = curves.get(trial["number"], {"values": ()})["values"]
        return sparkline(values, low, high, _CURVE, blocks)

    columns = [
        Column("trial", lambda trial: str(trial["number"]), right=True),
        Column(
            "state",
            lambda trial: str(trial["state"]),
            style=lambda trial: STYLES.get(trial["state"], ""),
        ),
        Column(str(resource), lambda trial: _step(trial, horizon), right=True, most=24),
        Column(str(study["objective"]["metric"]), _latest, right=True, most=24),
        Column("rank", lambda trial: str(trial["rank"] or ""), right=True, rank=1),
        *([Column("curve", curve, rank=5)] if curves else []),
        *_parameters(trials),
    ]
    if wide:
        columns += [
            Column("best", lambda trial: number(trial["best"]), right=True, rank=6),
            Column("took", lambda trial: _took(trial), right=True, rank=6),
            Column("attempt", lambda trial: str(trial["attempt"] or ""), right=True, rank=6),
            Column("marks", marks_of, rank=6),
        ]
    return [*columns, Column("why", why_of, most=200, rank=8, least=16)]


def _parameters(trials: Sequence[View]) -> list[Column]:
    names = dict.fromkeys(name for trial in trials for name in trial["parameters"] or ())
    return [
        Column(name, lambda trial, name=name: _parameter(trial, name), most=24, rank=4)  # type: ignore[misc]
        for name in names
    ]


def _parameter(trial: View, name: str) -> str:
    value = (trial["parameters"] or {}).get(name)
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def _step(trial: View, horizon: object) -> str:
    return "" if trial["step"] is None else f"{trial['step']}/{horizon or '?'}"


def _latest(trial: View) -> str:
    return "diverged" if trial["diverged"] else number(trial["latest"])


def _took(trial: View) -> str:
    """Return how long it took, or for how long its pods have held nodes."""
    began, ended = trial["startedAt"], trial["endedAt"]
    if began and ended:
        span = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
        return duration(span.total_seconds())
    return duration(trial["trialSeconds"]) if trial["trialSeconds"] else ""


def marks_of(trial: View) -> str:
    """Say by words what is particular to a trial."""
    marks = [name for name in ("exempt", "protected") if trial[name]]
    if trial["origin"] not in (None, "Sampled"):
        marks.append(str(trial["origin"]))
    return " ".join(marks)


def why_of(trial: View) -> str:
    """Say why a trial is where it is: its decision's sentence, or how it ended."""
    if trial["pruned"]:
        return str(trial["pruned"]["sentence"])
    if trial["reason"] and trial["reason"] != trial["state"]:
        return f"{trial['reason']}: {trial['message']}" if trial["message"] else trial["reason"]
    return ""

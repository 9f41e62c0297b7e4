"""How it is told what was found. Pure: what was found in, texts out."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from espalier.api import StudySpec
from espalier.api.collectors import CollectorSpec
from espalier.cli.collecting.collected import VOLUME, Findings
from espalier.cli.words import one_line

MOST_COLUMNS = 6
MOST_ROWS = 200
_DIVERGED = "diverged"


def json_lines(found: Findings) -> Iterable[str]:
    """Return one object a value: metric, step, and value, null where it is not finite."""
    for metric, step, value in found.values:
        yield json.dumps({"metric": metric, "step": step, "value": value}, ensure_ascii=False)


def table(found: Findings, first: str | None = None) -> list[str]:
    """Return lines of a table: a row a step, a column a metric, the first value of each.

    Parameters
    ----------
    first
        The metric that stands first, if it is there.
    """
    metrics = sorted(found.metrics, key=lambda metric: metric != first)
    columns = metrics[:MOST_COLUMNS]
    rows: dict[int, dict[str, float | None]] = {}
    for metric, step, value in found.values:
        rows.setdefault(step, {}).setdefault(metric, value)
    cells = [["step", *map(one_line, columns)]]
    for step in sorted(rows):
        cells.append([str(step), *(_cell(rows[step], metric) for metric in columns)])
    lines = _aligned(cells)
    if len(rows) > MOST_ROWS:
        half = MOST_ROWS // 2
        left_out = len(rows) - 2 * half
        middle = f"... {left_out:,} steps more; -o json prints all ..."
        lines = [*lines[: 1 + half], middle, *lines[-half:]]
    if more := metrics[MOST_COLUMNS:]:
        lines += [f"and {_many(more)}; --metric shows one of them, -o json all"]
    return lines


def section(found: Sequence[Findings]) -> str:
    """Return the part of a Study's spec that chooses the collectors that found this, as YAML."""
    plain: list[dict[str, Any]] = []
    for each in map(_to_paste, found):
        if each not in plain:
            plain.append(each)
    spec: dict[str, Any] = {"collector": plain[0]} if len(plain) == 1 else {"collectors": plain}
    text: str = yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=100)
    sections = [part for each in plain for part in each.values() if isinstance(part, dict)]
    lies = any(part.keys() & {"path", "directory"} for part in sections)
    where = "; say there where the trainer writes" if lies else ""
    return f"# below spec of a Study{where}\n{text}"


def described(collector: CollectorSpec) -> str:
    """Return a collector's type and what reads its lines, in a few words."""
    settings = collector.settings
    preset = getattr(settings, "preset", None)
    if preset is not None:
        return f"{collector.type}, preset {preset.value}"
    if getattr(settings, "pattern", None) or getattr(settings, "value_pattern", None):
        return f"{collector.type}, by pattern"
    return collector.type


def fitting(found: Findings) -> str:
    """Return how well a collector fits a location, in one line."""
    return f"{described(found.collector)}: {summary(found)}"


def nothing_fits(found: Sequence[Findings]) -> list[str]:
    """Return what was seen where no type and no preset finds a value, and what to do."""
    # To what reads JSON every other line is bad, so that the least particular is asked first.
    meant = [each for each in reversed(found) if each.collector.type != "File"]
    refused = max(meant, key=lambda each: each.bad, default=None)
    if refused is not None and refused.bad:
        return [
            f"no type and no preset finds a value that can be used; {fitting(refused)}",
            *passed_over(refused),
        ]
    if not any(each.seen for each in found):
        return [
            "nothing is in it; a Python that writes into a pipe or a file keeps what it prints "
            "for long, unless PYTHONUNBUFFERED=1 is set"
        ]
    last = next((each.last for each in reversed(found) if each.last), "")
    return [
        f"no type and no preset finds a value; the last line: {one_line(last)}",
        "say where values are with --pattern '... (?P<step>\\d+) ... (?P<value>\\S+)', or with "
        "--step-pattern and --value-pattern where step and value stand on different lines",
    ]


def summary(found: Findings) -> str:
    """Return how much was found, in one line."""
    if not found.values:
        return f"no value in {_count(found.seen, 'line')}" + _bad(found)
    metrics, steps = len(found.metrics), len(found.steps)
    text = f"{_count(len(found.values), 'value')} of {_count(metrics, 'metric')}"
    text += f" at {_count(steps, 'step')}"
    if again := found.repeats:
        text += f", {again} of them for a step that has one"
    if found.unnamed_steps:
        text += ", without steps of their own: counted"
    return text + _bad(found) + ("" if found.whole else " (of its first lines)")


def passed_over(found: Findings) -> list[str]:
    """Return what was passed over and why, a line each."""
    lines = [f"passed over: {one_line(reason)}" for reason in found.reasons]
    if found.bad > len(found.reasons) > 0:
        lines.append(f"passed over: {found.bad - len(found.reasons):,} more")
    if not found.reasons and not found.values and found.last:
        lines.append(f"the last line that holds no value: {one_line(found.last)}")
    if again := found.repeats:
        lines.append(
            f"{_count(again, 'value')} came for a step that already had one: the first one stays"
        )
    return lines


def compared(spec: StudySpec, found: Sequence[Findings]) -> list[str]:
    """Return what a study would make of what was found: its objective, its resource."""
    wanted, most = spec.objective.metric, spec.resource.max
    values = [report for each in found for report in each.values]
    own = sorted({report.step for report in values if report.metric == wanted})
    if not own:
        return [f"the study's objective did not come: {missing(wanted, found)}"]
    last = own[-1]
    lines = [
        f"{one_line(wanted)}, the study's objective, came at {_count(len(own), 'step')}, {own[0]} "
        f"to {last}; resource.max is {most}"
    ]
    beyond = sum(step > most for step in own)
    scale = next((each.collector.step_scale for each in found if wanted in each.metrics), None)
    remedy = (
        f"set resource.max to {last}, or the collector's stepScale to "
        f"{(scale or 1.0) * most / max(last, 1):.6g}"
    )
    if beyond:
        lines.append(
            f"{_count(beyond, 'step')} beyond resource.max, judged as the last; if this is one "
            f"whole training, {remedy}"
        )
    elif last < most / 2:
        lines.append(f"that is far from resource.max; if this is one whole training, {remedy}")
    return lines


def missing(wanted: str, found: Sequence[Findings]) -> str:
    """Return what to do where a metric was asked for that did not come."""
    names = list(dict.fromkeys(metric for each in found for metric in each.metrics))
    return f"no value of {one_line(wanted)}; {_nearest(wanted, names)}"


def _nearest(wanted: str, names: Sequence[str]) -> str:
    if not names:
        return "nothing else came either"
    folded = {name.casefold(): name for name in reversed(names)}
    near = difflib.get_close_matches(wanted.casefold(), folded, n=1, cutoff=0.4)
    if not near:
        return f"what came is {_many(names)}"
    pair = f"{_quoted(folded[near[0]])}: {_quoted(wanted)}"
    return f"did you mean {one_line(folded[near[0]])}? Or say in the collector metrics: {{{pair}}}"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _many(names: Sequence[str]) -> str:
    shown = ", ".join(map(one_line, names[:20]))
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _bad(found: Findings) -> str:
    return f", {_count(found.bad, 'line')} that could not be used" if found.bad else ""


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _cell(row: dict[str, float | None], metric: str) -> str:
    if metric not in row:
        return ""
    value = row[metric]
    return _DIVERGED if value is None else f"{value:.8g}"


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _to_paste(found: Findings) -> dict[str, Any]:
    plain: dict[str, Any] = found.collector.model_dump(mode="json", exclude_none=True)
    name = f"{VOLUME}/{found.location.name.rpartition('/')[2]}"
    settings = plain.get(found.collector.choices[found.collector.type].section)
    if isinstance(settings, dict) and "path" in settings and re.fullmatch(r"[\w./+-]+", name):
        settings["path"] = name
    return plain

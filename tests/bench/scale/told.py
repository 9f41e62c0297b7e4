"""The results of a run: all of them for a person, and the tables of the measurements' page.

`python -m tests.bench.scale.told FILE` prints those tables of a run's JSON again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = tuple[str, ...]


def table(results: dict[str, Any]) -> str:
    """Return the results, a figure a line, nested ones indented."""
    return "\n".join(_lines(results, 0))


def _lines(found: dict[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, value in found.items():
        if not isinstance(value, dict):
            yield f"{indent}{name:<{46 - 2 * depth}} {value}"
        elif all(not isinstance(each, dict) for each in value.values()):
            short = "  ".join(f"{key} {each}" for key, each in value.items())
            yield f"{indent}{name:<{46 - 2 * depth}} {short}"
        else:
            yield f"{indent}{name}"
            yield from _lines(value, depth + 1)


def markdown(results: dict[str, Any]) -> str:
    """Return the two tables of docs/explanation/measurements.md."""
    return f"{_grid(_figures(results))}\n\n{_grid(_processor_time(results))}"


def _grid(rows: Iterator[Row]) -> str:
    head, *rest = rows
    between = tuple("---" for _ in head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, between, *rest))


def _figures(results: dict[str, Any]) -> Iterator[Row]:
    start, end, whole = results["start"], results["end"], results["whole"]
    yield "what", "figure", "aim"
    yield "operator ready, s", f"{results['operator ready, s']}", ""
    name = "a first trial has reported after, s"
    yield name, f"{results[name]}", ""
    half, every = (start[f"{what} run and have reported after, s"] for what in ("half", "all"))
    running = results["size"]["running"]
    yield f"{running:,} started: half / all have reported after, s", f"{half} / {every}", ""
    for rate in results["size"]["rates"]:
        yield from _rate(results[f"load at {rate:g}/s"], rate)
    if (restart := results.get("restart")) is not None:
        again = _of(restart["answered the first time after"], 1000, "s")
        ready = restart["ready again after, s"]
        yield f"killed at {restart['rate']:g} a second: ready again after, s", f"{ready}", ""
        yield "the same: a pod is answered again after", again, ""
    yield "all ended: the Study has, after, s", f"{end['the Study has ended after, s']}", ""
    asked = whole["operator's requests a trial, by itself"]
    yield "operator's API requests a trial", f"{asked}", "15"
    memory = whole["operator's peak MiB"]
    yield "operator's memory at most, MiB", f"{memory:.0f}", "512"


def _rate(told: dict[str, Any], rate: float) -> Iterator[Row]:
    at = f"at {rate:g} a second"
    answered = f"{told['answered a second']:.0f}/s"
    yield f"report → answer, {answered} answered, {at}", _of(told["report -> answer"]), ""
    aim = "p99 250 ms" if rate <= 500 else ""
    for name, said in (
        ("report -> decision to prune", "report → decision to prune"),
        ("report -> DELETE of the Job seen", "report → DELETE of the Job seen"),
    ):
        yield f"{said}, {at}", _of(told[name]), aim


def _of(spread: dict[str, float], factor: float = 1.0, unit: str = "ms") -> str:
    if not spread["n"]:
        return "none"
    p50, p99 = (_short(spread[name] / factor) for name in ("p50", "p99"))
    return f"p50 {p50}, p99 {p99} {unit} (n {spread['n']:,.0f})"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def _processor_time(results: dict[str, Any]) -> Iterator[Row]:
    rates = [f"load at {rate:g}/s" for rate in results["size"]["rates"]]
    parts = {name: results[name] for name in ("start", *rates, "end")}
    yield "CPU seconds of", *(f"{name} ({part['seconds']} s)" for name, part in parts.items())
    for process in sorted(parts["start"]["CPU seconds"]):
        yield process, *(f"{part['CPU seconds'][process]}" for part in parts.values())


if __name__ == "__main__":
    print(markdown(json.loads(Path(sys.argv[1]).read_text())))

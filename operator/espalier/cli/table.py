"""What is told of a study and its trials. Pure: dicts in, texts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from espalier.cli.summary import (
    ENDED,
    balance,
    certainty,
    costs_of,
    counts_of,
    finalists_words,
    is_repeated,
    luckiest,
    progress_of,
    result_of,
    result_words,
)
from espalier.cli.words import one_line
from espalier.pruning import Direction

TROUBLES = ("NothingHeard", "ParametersNotUsed", "StepsBeyondMax")
"""Conditions of a Trial that something is wrong with."""
STYLES = {
    "Pending": "dim",
    "Running": "cyan",
    "Completed": "green",
    "Pruned": "yellow",
    "Failed": "red",
}


def number_of(trial: Mapping[str, Any]) -> int:
    """Return the number of a trial, -1 while a hand-made one has none yet."""
    number = trial.get("spec", {}).get("number", trial.get("status", {}).get("number", -1))
    return int(number)


def label_of(trial: Mapping[str, Any]) -> str:
    """Return what a trial is called in the table: its number, or whose repeat it is."""
    repeat = trial.get("spec", {}).get("repeat")
    return str(number_of(trial)) if repeat is None else f"{repeat['of']}r{repeat['index']}"


def phase_of(trial: Mapping[str, Any]) -> str:
    """Return the trial's phase for display, `Pending` before its first status."""
    return str(trial.get("status", {}).get("phase", "Pending"))


def value_of(trial: Mapping[str, Any]) -> float | None:
    """Return the newest value that the trial reported, in the user's sign."""
    latest = trial.get("status", {}).get("latest")
    return None if latest is None else float(latest)


def ranks(trials: Sequence[Mapping[str, Any]], direction: str) -> dict[int, int]:
    """Rank the trials by their newest value, 1 is best; ties share a rank.

    Trials that failed or reported nothing have no rank, and repeats of finalists have none.
    """
    way = Direction(direction)
    keyed = {
        number_of(trial): -way.score(value)
        for trial in trials
        if phase_of(trial) != "Failed"
        and not is_repeated(trial)
        and (value := value_of(trial)) is not None
    }
    places: dict[float, int] = {}
    for place, key in enumerate(sorted(keyed.values()), 1):
        places.setdefault(key, place)
    return {number: places[key] for number, key in keyed.items()}


def why(trial: Mapping[str, Any]) -> str:
    """Say why the trial is where it is: the decision's words, or the ending's."""
    status = trial.get("status", {})
    decision = status.get("decision") or {}
    decided = str(decision.get("message") or decision.get("reason", ""))
    if phase_of(trial) == "Pruned":
        return decided
    for condition in status.get("conditions", []):
        if condition.get("type") == "Finished" and condition.get("status") == "True":
            reason, message = condition.get("reason", ""), condition.get("message", "")
            return "" if reason == "Completed" else f"{reason}: {message}"
    return troubles(trial) or decided


def troubles(trial: Mapping[str, Any]) -> str:
    """Say what a trial that goes on has in its way, by the conditions that it has only then."""
    return " ".join(
        str(condition.get("message", ""))
        for condition in trial.get("status", {}).get("conditions", [])
        if condition.get("type") in TROUBLES and condition.get("status") == "True"
    )


def headline(study: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> Text:
    """One line: the study's name, its counts, its best result and what it has cost so far."""
    counts = counts_of(study, trials)
    line = Text(f"{study['metadata']['namespace']}/{study['metadata']['name']}", style="bold")
    line.append(f"  {progress_of(study, trials)}", style="not bold")
    for kind in (kind for kind in ("running", *ENDED) if counts[kind]):
        line.append(f"  {counts[kind]} {kind}", style=STYLES[kind.capitalize()])
    if best := result_of(study, trials):
        line.append(
            f"  best result {result_words(best)} (trial {best['number']})", style="bold green"
        )
        if said := certainty(best):
            line.append(f" {said}", style="green")
    if costs := costs_of(study):
        line.append(f"  {costs}", style="not bold")
    return line


def complaints(study: Mapping[str, Any]) -> list[Text]:
    """Return what the study's conditions say is wrong, in red."""
    wrong = {"Accepted": "False", "Degraded": "True"}
    return [
        Text(
            f"\n{condition['type']}={condition['status']}: {one_line(condition['message'])}",
            style="red",
        )
        for condition in study.get("status", {}).get("conditions", [])
        if wrong.get(condition["type"]) == condition["status"]
    ]


def ending(study: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Sum up a study: the best result, what was pruned and why, what was used and saved."""
    parts: list[RenderableType] = []
    if best := result_of(study, trials):
        parameters = ", ".join(f"{k}={v}" for k, v in (best.get("parameters") or {}).items())
        metric = study["spec"]["objective"]["metric"]
        last = "last " if best.get("mean") is None else ""
        said = f"trial {best['number']}, {last}{metric} {result_words(best)} with {parameters}"
        parts.append(Text(f"Best result: {said}"))
        parts += [Text(f"  {said}") for said in (certainty(best), luckiest(best)) if said]
    if finalists := finalists_words(study):
        parts.append(Text("Finalists, run again with other seeds:"))
        parts += map(Text, finalists)
    pruned = [trial for trial in trials if phase_of(trial) == "Pruned"]
    if pruned:
        parts.append(Text(f"Pruned: {len(pruned)} of {len(trials)} trials"))
        parts += [
            Text(f"  trial {number_of(trial)}: {why(trial)}", style="yellow")
            for trial in sorted(pruned, key=number_of)
        ]
    parts += map(Text, balance(study))
    return Group(*parts)

"""What is told of a study and its trials. Pure: dicts in, texts out."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from espalier.cli.words import one_line

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


def phase_of(trial: Mapping[str, Any]) -> str:
    """Return the trial's phase for display, `Pending` before its first status."""
    return str(trial.get("status", {}).get("phase", "Pending"))


def value_of(trial: Mapping[str, Any]) -> float | None:
    """Return the newest value that the trial reported, in the user's sign."""
    latest = trial.get("status", {}).get("latest")
    return None if latest is None else float(latest)


def ranks(trials: Sequence[Mapping[str, Any]], direction: str) -> dict[int, int]:
    """Rank the trials by their newest value, 1 is best; ties share a rank.

    Trials that failed or reported nothing have no rank.
    """
    sign = -1.0 if direction == "Maximize" else 1.0
    keyed = {
        number_of(trial): sign * value
        for trial in trials
        if phase_of(trial) != "Failed" and (value := value_of(trial)) is not None
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
    return decided


def headline(study: Mapping[str, Any]) -> Text:
    """One line: the study's name, its counts, its best value and the GPU time so far."""
    status = study.get("status", {})
    counts = status.get("counts", {})
    total = study["spec"].get("trials", {}).get("max", 0)
    ended = sum(int(counts.get(kind, 0)) for kind in ("completed", "pruned", "failed"))
    line = Text(f"{study['metadata']['namespace']}/{study['metadata']['name']}", style="bold")
    line.append(f"  {ended}/{total} ended", style="not bold")
    for kind in ("running", "completed", "pruned", "failed"):
        line.append(f"  {counts.get(kind, 0)} {kind}", style=STYLES[kind.capitalize()])
    best = status.get("best")
    if best:
        line.append(f"  best {best['value']:.6g} (trial {best['number']})", style="bold green")
    gpu = status.get("gpuSeconds") or {}
    if gpu:
        line.append(
            f"  GPU {gpu.get('used', 0):.0f} s used, {gpu.get('saved', 0):.0f} s saved",
            style="not bold",
        )
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
    """Sum up a finished study: the best trial, what was pruned and why, GPU time saved."""
    status = study.get("status", {})
    parts: list[RenderableType] = []
    best = status.get("best")
    if best:
        parameters = ", ".join(f"{k}={v}" for k, v in best.get("parameters", {}).items())
        metric = study["spec"]["objective"]["metric"]
        parts.append(
            Text(f"Best: trial {best['number']}, {metric} {best['value']:.6g} with {parameters}")
        )
    pruned = [trial for trial in trials if phase_of(trial) == "Pruned"]
    if pruned:
        parts.append(Text(f"Pruned: {len(pruned)} of {len(trials)} trials"))
        parts += [
            Text(f"  trial {number_of(trial)}: {why(trial)}", style="yellow")
            for trial in sorted(pruned, key=number_of)
        ]
    gpu = status.get("gpuSeconds") or {}
    used, saved = float(gpu.get("used", 0)), float(gpu.get("saved", 0))
    if used + saved > 0:
        share = saved / (used + saved)
        parts.append(Text(f"GPU time: {used:.0f} s used, about {saved:.0f} s saved ({share:.0%})"))
    return Group(*parts)

"""What a study comes to: its counts, its best result and its costs. Pure: dicts in, texts out.

The Study's status is written some seconds after those of its Trials. What both tell is taken from
the Trials where they are ahead, so that a headline does not contradict the table below it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from espalier.pruning import Direction

Object = Mapping[str, Any]
ENDED = ("completed", "pruned", "failed")


def counts_of(study: Object, trials: Sequence[Object]) -> dict[str, int]:
    """Return the number of trials by phase, in small letters, deleted ones included."""
    said = study.get("status", {}).get("counts", {})
    seen = Counter(str(trial.get("status", {}).get("phase", "Pending")).lower() for trial in trials)
    return {
        **{phase: seen[phase] for phase in ("pending", "running")},
        **{phase: max(seen[phase], int(said.get(phase, 0))) for phase in ENDED},
    }


def progress_of(study: Object, trials: Sequence[Object]) -> str:
    """Say how many trials have ended, of how many."""
    ended = sum(counts_of(study, trials)[phase] for phase in ENDED)
    wanted = int(study["spec"].get("trials", {}).get("max", 0))
    # More may have been made by hand, or before `trials.max` was lowered.
    return f"{ended}/{max(wanted, ended, len(trials))} ended"


def result_of(study: Object, trials: Sequence[Object]) -> Object | None:
    """Return number, value and parameters of the best result: a completed trial's last value."""
    objective = study["spec"]["objective"]
    score = Direction(objective["direction"]).score
    said = study.get("status", {}).get("best")
    found = [said] if said else []
    found += [
        {
            "number": trial.get("spec", {}).get("number", status.get("number", -1)),
            "value": float(status["latest"]),
            "parameters": trial.get("spec", {}).get("parameters") or {},
        }
        for trial in trials
        if (status := trial.get("status", {})).get("phase") == "Completed"
        and status.get("latest") is not None
    ]
    found = [each for each in found if each.get("value") is not None]
    return max(found, key=lambda each: (score(each["value"]), -each["number"]), default=None)


def costs_of(study: Object) -> str:
    """Say in a few words what was used and saved: accelerators' time, where there are any."""
    status = study.get("status", {})
    gpu, time = status.get("gpuSeconds") or {}, status.get("trialSeconds") or {}
    what, amount = ("GPU", gpu) if gpu.get("used") else ("trials", time)
    if not amount.get("used"):
        return ""
    saved = amount.get("saved")
    said = "saved: not known yet" if saved is None else f"~{_amount(saved, 's')} saved"
    return f"{what} {_amount(amount['used'], 's')}, {said}"


def balance(study: Object) -> list[str]:
    """Say of each thing that was used how much of it was, and how much was saved."""
    status = study.get("status", {})
    kinds = (
        ("GPU time", "gpuSeconds", "s"),
        ("Trial time", "trialSeconds", "s"),
        ("Steps", "steps", ""),
    )
    amounts = [(title, status.get(field) or {}, unit) for title, field, unit in kinds]
    return [
        f"{title}: {_phrase(amount, unit)}"
        for title, amount, unit in amounts
        if amount.get("used") or amount.get("done")
    ]


def _phrase(amount: Object, unit: str) -> str:
    verb = "done" if "done" in amount else "used"
    spent, saved = float(amount[verb]), amount.get("saved")
    phrase = f"{_amount(spent, unit)} {verb}, "
    if saved is None:
        return f"{phrase}saved: not known before a trial completes"
    if not saved:
        return f"{phrase}nothing saved"
    low, high = (float(amount.get(bound, saved)) for bound in ("savedLow", "savedHigh"))
    between = f", between {_amount(low, unit)} and {_amount(high, unit)}" if high > low else ""
    share = f"{saved / (saved + spent):.0%} of all"
    return f"{phrase}about {_amount(saved, unit)} saved ({share}{between})"


def _amount(value: float, unit: str) -> str:
    shown = f"{value:.0f}" if value >= 10 or math.isclose(value, round(value)) else f"{value:.1f}"
    return f"{shown} {unit}".rstrip()

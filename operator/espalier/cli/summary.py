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
    repeats = sum(is_repeated(trial) for trial in trials)
    wanted = int(study["spec"].get("trials", {}).get("max", 0))
    per_finalist = int((study["spec"].get("finalists") or {}).get("repeats", 0))
    planned = per_finalist * len(study.get("status", {}).get("finalists") or ())
    # More may have been made by hand, or before `trials.max` was lowered.
    searched = max(wanted, len(trials) - repeats)
    return f"{ended}/{max(searched + max(planned, repeats), ended)} ended"


def is_repeated(trial: Object) -> bool:
    """Whether a trial runs a finalist again."""
    return "repeat" in trial.get("spec", {})


def result_of(study: Object, trials: Sequence[Object]) -> Object | None:
    """Return number, value and parameters of the best result.

    That is a completed trial's last value. Where the Study tells which trial has the best expected
    value, or whose repeats have the best mean, its word counts: no last value names another one.
    """
    objective = study["spec"]["objective"]
    score = Direction(objective["direction"]).score
    said: Object | None = study.get("status", {}).get("best")
    if said and said.get("mean") is not None:
        return said
    if said and said.get("expected") is not None and said.get("value") is not None:
        return said
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
        and not is_repeated(trial)
    ]
    found = [each for each in found if each.get("value") is not None]
    return max(found, key=lambda each: (score(each["value"]), -each["number"]), default=None)


def certainty(best: Object) -> str:
    """Say in a few words what a best trial's value is worth; empty where noise takes nothing."""
    expected, low, high = (best.get(f"expected{bound}") for bound in ("", "Low", "High"))
    if expected is None or low is None or high is None:
        return ""
    if len({f"{value:.6g}" for value in (best["value"], expected, low, high)}) == 1:
        return ""
    said = f"expected {expected:.6g}{_interval(best, 'expectedLow', 'expectedHigh')}"
    sure = best.get("sure")
    return said if sure is None else f"{said}, {sure:.0%} sure"


def luckiest(best: Object) -> str:
    """Say which other trial has the best last value; empty where it is this one."""
    other = best.get("lastBest") or {}
    if other.get("value") is None:
        return ""
    return (
        f"Trial {other['number']} has the better last value, {other['value']:.6g}, "
        "but not the better expected one."
    )


def result_words(best: Object) -> str:
    """Say how good the best result is: its mean where it was run again, else its last value."""
    if best.get("mean") is None:
        return f"{best['value']:.6g}"
    return f"mean {best['mean']:.6g}{_interval(best, 'meanLow', 'meanHigh')} of {_repeats(best)}"


def finalists_words(study: Object) -> list[str]:
    """Say of each trial that was run again what its repeats have shown."""
    found = study.get("status", {}).get("finalists") or ()
    return [
        f"  trial {each['number']}: last {_or_none(each.get('value'))}, mean "
        f"{_or_none(each.get('mean'))}{_interval(each, 'low', 'high')} of "
        f"{_repeats({'repeats': each.get('completed', 0)})}"
        + (f", {each['failed']} failed" if each.get("failed") else "")
        + ("; may be as good as the best" if each.get("toldApart") is False else "")
        for each in found
    ]


def _repeats(said: Object) -> str:
    count = int(said.get("repeats", 0))
    return f"{count} repeat{'' if count == 1 else 's'}"


def _interval(said: Object, low: str, high: str) -> str:
    if said.get(low) is None or said.get(high) is None:
        return ""
    return f" [{said[low]:.6g}, {said[high]:.6g}]"


def _or_none(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


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
    money = status.get("money") or {}
    amounts.append(("Money", money, money.get("currency") or ""))
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

"""What is told of a study by its view. Pure: views in, texts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from espalier.cli.showing.durations import duration, seconds_since
from espalier.cli.words import one_line
from espalier.views.plain import View

ENDED = ("completed", "pruned", "failed")
STATES = ("running", "pending", *ENDED)


def number(value: object) -> str:
    """Return a number in six digits; empty where there is none."""
    return f"{value:.6g}" if isinstance(value, int | float) else ""


def parameters_words(parameters: Mapping[str, Any] | None) -> str:
    """Return parameters in a few characters: four digits tell them apart."""
    return one_line(
        " ".join(
            f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in (parameters or {}).items()
        )
    )


def ended_of(view: View) -> tuple[int, int]:
    """Return how many trials have ended, of how many."""
    counts = view["counts"]
    ended = sum(counts[state] for state in ENDED)
    wanted = view["trials"].get("max") or 0
    finalists = view.get("finalists") or ()
    repeats = sum(each.get("completed", 0) + each.get("failed", 0) for each in finalists)
    return ended, max(int(wanted) + repeats, ended + counts["running"] + counts["pending"])


def counts_words(view: View) -> str:
    """Say how many trials are in each state."""
    counts = view["counts"]
    said = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    return ", ".join(said) or "none yet"


def best_words(view: View) -> str:
    """Say which trial is the best, how good it is, and what it ran with; empty without one."""
    best = view.get("best") or {}
    if best.get("number") is None:
        return ""
    if best.get("mean") is not None:
        repeats = best.get("repeats") or 0
        value = f"mean {number(best['mean'])}{_interval(best, 'meanLow', 'meanHigh')}"
        value += f" of {repeats} repeat{'' if repeats == 1 else 's'}"
    else:
        value = number(best.get("value")) or "no value"
        if best.get("expected") is not None:
            bounds = _interval(best, "expectedLow", "expectedHigh")
            value += f" (expected {number(best['expected'])}{bounds})"
    step = best.get("step")
    at = "" if step is None else f" at {one_line(str(view['resource'].get('name', 'step')))} {step}"
    ran = parameters_words(best.get("parameters"))
    return f"trial {best['number']}: {value}{at}" + (f" with {ran}" if ran else "")


def _interval(said: Mapping[str, Any], low: str, high: str) -> str:
    if said.get(low) is None or said.get(high) is None:
        return ""
    return f" [{number(said[low])}, {number(said[high])}]"


def costs_words(view: View) -> list[tuple[str, str]]:
    """Say of each thing that is used how much of it was, and what was saved, with its band."""
    kinds = (
        ("GPU time", "gpuSeconds", "used", duration),
        ("Trial time", "trialSeconds", "used", duration),
        ("Steps", "steps", "done", lambda amount: f"{amount:,.0f}"),
    )
    told = []
    for title, field, verb, shown in kinds:
        amount = view.get(field) or {}
        if amount.get(verb):
            told.append((title, f"{shown(amount[verb])} {verb}, {saved_words(amount, shown)}"))
    return told


def saved_words(amount: Mapping[str, Any], shown: Any) -> str:
    """Say how much was saved, and between what and what it is."""
    saved = amount.get("saved")
    if saved is None:
        return "saved: not known before a trial completes"
    if not saved:
        return "nothing saved"
    spent = amount.get("used", amount.get("done", 0))
    low, high = amount.get("savedLow", saved), amount.get("savedHigh", saved)
    between = f", between {shown(low)} and {shown(high)}" if high > low else ""
    return f"about {shown(saved)} saved ({saved / (saved + spent):.0%} of all{between})"


def risk_words(view: View) -> str:
    """Say what pruning may risk, has risked, and how often it was wrong; empty without a word."""
    pruning, said = view.get("pruning") or {}, []
    if pruning.get("riskStated") is not None:
        said.append(
            f"{number(pruning.get('riskSpent') or 0.0)} of {number(pruning['riskStated'])} spent"
        )
    if pruning.get("falsePruneRate") is not None:
        bounds = _share_bounds(pruning)
        said.append(
            f"{pruning['falsePruneRate']:.0%} of {pruning.get('exemptWouldPrune', 0)} prunings "
            f"that were tried on exempt trials were wrong{bounds}"
        )
    if pruning.get("paused"):
        said.append("pruning is paused by the Study")
    if pruning.get("breakerOpen"):
        said.append("pruning pauses, too many were pruned in a short time")
    return "; ".join(said)


def _share_bounds(pruning: Mapping[str, Any]) -> str:
    low, high = pruning.get("falsePruneLow"), pruning.get("falsePruneHigh")
    return "" if low is None or high is None else f" (between {low:.0%} and {high:.0%})"


def obstacles_of(view: View) -> list[str]:
    """Say what is in the study's way, by its conditions."""
    wrong = {"Accepted": "False", "Degraded": "True", "Failed": "True"}
    return [
        f"{condition.get('reason', condition['type'])}: {condition.get('message', '')}"
        for condition in view.get("conditions") or ()
        if isinstance(condition, Mapping)
        and condition.get("type") in wrong
        and condition.get("status") == wrong[str(condition["type"])]
    ]


def progressing_words(view: View) -> str:
    """Say what the study is doing, by its condition Progressing; empty where it does not say."""
    for condition in view.get("conditions") or ():
        if isinstance(condition, Mapping) and condition.get("type") == "Progressing":
            return str(condition.get("message") or "")
    return ""


def times_words(view: View, now: datetime) -> str:
    """Say when the study began, and how long it took or has taken."""
    began, ended = view.get("startTime") or view.get("createdAt"), view.get("completionTime")
    since = seconds_since(began, now)
    if since is None or since < 0:
        return ""
    if ended is None:
        return f"started {duration(since)} ago"
    took = seconds_since(began, datetime.fromisoformat(str(ended)))
    over = seconds_since(ended, now)
    return f"ended {duration(over or 0.0)} ago, took {duration(took or 0.0)}"


def estimate_words(view: View, now: datetime) -> str:
    """Say when the study likely ends, with its band; empty where nothing honest can be said."""
    estimate = view.get("estimate")
    if not isinstance(estimate, Mapping) or view.get("completionTime"):
        return ""
    ends = [seconds_since(estimate.get(key), now) for key in ("end", "low", "high")]
    end, low, high = (None if each is None else max(0.0, -each) for each in ends)
    if end is None:
        return ""
    band = "" if low is None or high is None else f" ({duration(low)} to {duration(high)})"
    return f"about {duration(end)} left{band}"


def money_words(view: View) -> str:
    """Say what accelerators' time comes to, with the band of what was saved; empty without a price.

    The price is what the operator was told.
    """
    money = view.get("money")
    if not isinstance(money, Mapping) or not money.get("used"):
        return ""
    unit = one_line(str(money.get("currency") or ""))

    def shown(amount: float) -> str:
        return f"{amount:,.2f} {unit}".rstrip()

    price = f" at {shown(money['deviceHour'])} a device-hour" if money.get("deviceHour") else ""
    return f"{shown(money['used'])} used, {saved_words(money, shown)}{price}"


def budget_words(view: View, now: datetime) -> Sequence[str]:
    """Say of each limit how much of it is used, and when it is met; nothing where there is none."""
    budget = view.get("budget")
    limits = budget.get("limits") if isinstance(budget, Mapping) else None
    return [_limit_words(limit, now) for limit in limits or () if isinstance(limit, Mapping)]


def _limit_words(limit: Mapping[str, Any], now: datetime) -> str:
    used, said = duration(3600 * (limit.get("usedHours") or 0.0)), []
    for kind in ("soft", "hard"):
        hours = limit.get(f"{kind}Hours")
        if hours is None:
            continue
        ahead = seconds_since(limit.get(f"{kind}At"), now)
        when = "" if ahead is None or ahead > 0 else f", met in about {duration(-ahead)}"
        said.append(f"{duration(3600 * hours)} ({kind}{when})")
    met = f"; the {str(limit['met']).lower()} limit is met" if limit.get("met") else ""
    return f"{limit.get('name')}: {used} of {' and '.join(said) or 'no limit'}{met}"

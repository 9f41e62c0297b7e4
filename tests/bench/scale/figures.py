"""Figures out of raw timings and out of the text of `/metrics`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Spread = dict[str, float]
"""How many, and p50, p99 and the largest, in milliseconds."""


def spread(seconds: Sequence[float]) -> Spread:
    """Return how many, p50, p99 and the largest in ms; only ``n`` where there are none."""
    if not seconds:
        return {"n": 0}
    ordered = sorted(seconds)

    def at(percent: float) -> float:
        index = min(len(ordered) - 1, int(len(ordered) * percent / 100))
        return round(1000 * ordered[index], 1)

    return {"n": len(ordered), "p50": at(50), "p99": at(99), "max": round(1000 * ordered[-1], 1)}


def samples(text: str, name: str) -> Iterable[tuple[dict[str, str], float]]:
    """Yield labels and value of each sample of a metric."""
    for found in _SAMPLE.finditer(text):
        if found[1] == name:
            yield dict(_LABEL.findall(found[2] or "")), float(found[3])


def total(text: str, name: str, by: Sequence[str] = ()) -> Counter[str]:
    """Return the sums of a counter by some of its labels, joined by a blank."""
    sums: Counter[str] = Counter()
    for labels, value in samples(text, name):
        sums[" ".join(labels.get(label, "") for label in by)] += int(value)
    return sums


def buckets(text: str, name: str) -> dict[float, float]:
    """Return a histogram's cumulative counts by upper bound, all its label sets added up."""
    sums: dict[float, float] = {}
    for labels, value in samples(text, f"{name}_bucket"):
        bound = float(labels["le"])
        sums[bound] = sums.get(bound, 0.0) + value
    return sums


def since(now: Mapping[float, float], before: Mapping[float, float]) -> dict[float, float]:
    """Return the counts that came since an earlier look."""
    return {bound: count - before.get(bound, 0.0) for bound, count in now.items()}


def quantile(counts: Mapping[float, float], share: float) -> float | None:
    """Return a quantile of a histogram in seconds, as Prometheus interpolates it."""
    ordered = sorted(counts.items())
    if not ordered or ordered[-1][1] <= 0:
        return None
    wanted, low, below = share * ordered[-1][1], 0.0, 0.0
    for bound, count in ordered:
        if count >= wanted:
            if bound == float("inf") or count == below:
                return low
            return low + (bound - low) * (wanted - below) / (count - below)
        low, below = bound, count
    return low

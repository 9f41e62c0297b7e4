"""What a trial's sidecar has heard, in words: why no value of the objective's metric has come."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import SequenceMatcher

from espalier.api.reasons import TrialReason
from espalier.planning.standing.standing import Standing
from espalier.planning.world.heard import Heard, Mismatch

_MOST_NAMES = 5
_MOST_SENTENCES = 3
_ALIKE = 0.5
"""How alike a name must be to be called the nearest where there are others."""
_PIECES = {
    "MLflow": "requests",
    "Kubeflow": "requests",
    "Prometheus": "answers",
    "TensorBoard": "records",
}


def why_silent(standing: Standing) -> tuple[TrialReason, str]:
    """Return why no value of a trial's metric came, as far as its sidecar tells; no full stop."""
    metric = _metric(standing)
    names = standing.record.names or _heard_names(standing.heard)
    if names and metric not in names:
        return TrialReason.OTHER_NAMES, _other_names(metric, names)
    told = [words for heard in standing.heard for words in _of_collector(heard)]
    if any(heard.seen and not heard.matched for heard in standing.heard):
        told.sort(key=lambda words: words[0] is not TrialReason.NONE_MATCHED)
    if told:
        return told[0][0], "; ".join(words for _, words in told[:_MOST_SENTENCES])
    sources = ", ".join(dict.fromkeys(heard.source for heard in standing.heard))
    if sources:
        return TrialReason.NOTHING_CAME, f"nothing has come by {sources}"
    return TrialReason.NOTHING_CAME, ""


def names_instead(standing: Standing) -> str:
    """Return under which names values came, and which of them is the nearest; else nothing."""
    metric, names = _metric(standing), standing.record.names
    return _other_names(metric, names) if names and metric not in names else ""


def mismatches(standing: Standing) -> tuple[Mismatch, ...]:
    """Return the parameters that the trainer says it uses otherwise than it was given them."""
    return tuple(dict.fromkeys(each for heard in standing.heard for each in heard.mismatches))


def mismatch_words(found: Collection[Mismatch]) -> str:
    """Return which parameters are used otherwise, without a full stop."""
    told = [f"{each.name} {each.used}, and was given {each.given}" for each in found]
    more = f" ({len(told) - 3} more alike)" if len(told) > 3 else ""
    return f"its trainer says that it uses {'; '.join(told[:3])}{more}"


def nearest(metric: str, names: Collection[str]) -> str | None:
    """Return the name that is most like a metric's; None where none is like it."""
    ranked = sorted((-_likeness(metric, name), name) for name in names)
    return ranked[0][1] if ranked and -ranked[0][0] >= _ALIKE else None


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, _plain(one), _plain(other), autojunk=False).ratio()


def _plain(name: str) -> str:
    return "".join(each for each in name.casefold() if each.isalnum())


def _metric(standing: Standing) -> str:
    spec = standing.blueprint.spec
    return spec.objective.metric if spec is not None else ""


def _heard_names(all_heard: Collection[Heard]) -> frozenset[str]:
    return frozenset(name for heard in all_heard for name in heard.names)


def _other_names(metric: str, names: Collection[str]) -> str:
    shown = ", ".join(repr(name) for name in sorted(names)[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    near = nearest(metric, names) if len(names) > 1 else None
    said = f"; the nearest is {near!r}" if near is not None else ""
    return f"values come under {shown}{more}{said}"


def _of_collector(heard: Heard) -> Iterator[tuple[TrialReason, str]]:
    """Yield what a collector has to say for itself, if anything."""
    if heard.fault:
        yield TrialReason.SOURCE_UNREADABLE, f"{heard.type}: {heard.fault.rstrip('.')}"
        if not heard.seen:
            return
    if heard.seen and not heard.matched:
        pieces = _PIECES.get(heard.type, "lines")
        bad = f", {heard.bad} of them bad" if heard.bad else ""
        last = f"; the last: {heard.passed_over}" if heard.passed_over else ""
        count = f"{heard.seen} {pieces if heard.seen > 1 else pieces.removesuffix('s')}"
        yield (
            TrialReason.NONE_MATCHED,
            f"{heard.source} ({heard.type}) had {count}{bad}, and none with a value{last}",
        )

"""What sidecars have heard: checked, and kept of each trial in memory; the store has none of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espalier.engine.reports.submission import LARGEST_STEP, LONGEST_METRIC, Binding, shown
from espalier.errors import ReportError
from espalier.planning.world.heard import Heard, Mismatch

MOST_COLLECTORS = 16
MOST_NAMES = 20
MOST_MISMATCHES = 10
LONGEST_TEXT = 256
MOST_TRIALS = 4096
"""Trials of which it is remembered: of more, those that told of themselves first are forgotten."""

_TEXTS = ("type", "source", "fault", "passed_over")
_COUNTS = ("seen", "matched", "bad")
_KEYS = {*_TEXTS, *_COUNTS, "names", "mismatches"}
NOTHING: Mapping[int, tuple[Heard, ...]] = {}


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """What a sidecar says of its collectors.

    Parameters
    ----------
    trial
        The trial that the sender says it is, ``<namespace>/<name>``.
    heard
        One for each collector.
    """

    trial: str
    heard: tuple[Heard, ...]


def checked_heard(listed: Any) -> tuple[Heard, ...]:
    """Check what a sidecar says of its collectors; texts are cut and cleaned.

    Raises
    ------
    ReportError
        With the collector's position, what was expected and what came.
    """
    if type(listed) is not list:
        raise ReportError("BadBody", f"expected heard as a list; came {shown(listed)}", status=400)
    if len(listed) > MOST_COLLECTORS:
        raise ReportError(
            "TooLarge",
            f"expected at most {MOST_COLLECTORS} collectors; came {len(listed)}; send fewer",
            status=413,
        )
    return tuple([_checked(row, index) for index, row in enumerate(listed)])


def _checked(row: Any, index: int) -> Heard:
    if type(row) is not dict or row.keys() != _KEYS:
        raise _bad(f"an object with {', '.join(sorted(_KEYS))}", row, index)
    for key in _TEXTS:
        if type(row[key]) is not str:
            raise _bad(f"{key} as a text", row[key], index)
    for key in _COUNTS:
        if type(row[key]) is not int or not 0 <= row[key] <= LARGEST_STEP:
            raise _bad(f"{key} as a whole number", row[key], index)
    names, mismatches = row["names"], row["mismatches"]
    if type(names) is not list or not all(type(each) is str for each in names):
        raise _bad("names as a list of texts", names, index)
    if type(mismatches) is not list or not all(_is_mismatch(each) for each in mismatches):
        raise _bad("mismatches as a list of [name, given, used]", mismatches, index)
    return Heard(
        type=_clean(row["type"]),
        source=_clean(row["source"]),
        fault=_clean(row["fault"]),
        seen=row["seen"],
        matched=row["matched"],
        bad=row["bad"],
        passed_over=_clean(row["passed_over"]),
        names=tuple(_clean(name, LONGEST_METRIC) for name in names[:MOST_NAMES]),
        mismatches=tuple(
            Mismatch(*(_clean(part) for part in each)) for each in mismatches[:MOST_MISMATCHES]
        ),
    )


def _is_mismatch(each: Any) -> bool:
    return type(each) is list and len(each) == 3 and all(type(part) is str for part in each)


def _clean(text: str, longest: int = LONGEST_TEXT) -> str:
    text = text[:longest]
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def _bad(expected: str, came: Any, index: int) -> ReportError:
    return ReportError(
        "BadHeard", f"expected {expected}; came {shown(came)}", status=422, index=index
    )


class Hearings:
    """What is remembered: of each trial what its newest pod has said last."""

    def __init__(self, most: int = MOST_TRIALS) -> None:
        self._most = most
        self._order: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._of: dict[str, dict[int, tuple[Heard, ...]]] = {}

    def take(self, binding: Binding, heard: tuple[Heard, ...]) -> None:
        """Remember what a pod says, unless one that followed it has said something."""
        key = binding.study_uid, binding.number
        if self._order.get(key, 0) > binding.attempt:
            return
        self._order[key] = binding.attempt
        self._order.move_to_end(key)
        # Another mapping each time: what planning was given stays as it was.
        known = self._of.get(binding.study_uid, {})
        self._of[binding.study_uid] = {**known, binding.number: heard}
        while len(self._order) > self._most:
            self._drop(*self._order.popitem(last=False)[0])

    def of(self, study_uid: str) -> Mapping[int, tuple[Heard, ...]]:
        """Return what is remembered of a study's trials, by their numbers."""
        return self._of.get(study_uid, NOTHING)

    def forget(self, study_uid: str, number: int) -> None:
        """Forget a trial: it has ended."""
        self._order.pop((study_uid, number), None)
        self._drop(study_uid, number)

    def forget_study(self, study_uid: str) -> None:
        """Forget all trials of a study."""
        for number in self._of.pop(study_uid, {}):
            self._order.pop((study_uid, number), None)

    def _drop(self, study_uid: str, number: int) -> None:
        known = self._of.get(study_uid, NOTHING)
        left = {each: heard for each, heard in known.items() if each != number}
        if left:
            self._of[study_uid] = left
        else:
            self._of.pop(study_uid, None)

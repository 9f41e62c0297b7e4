"""What must be in the lines of an exported log, kind by kind; a person may have written them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from sys import float_info
from typing import Any

from espalier.errors import UsageError
from espalier.planning.world.record import Origin
from espalier.pruning import Action, TrialState
from espalier.search import Outcome

Row = Mapping[str, Any]
Check = Callable[[Any], bool]
LARGEST = 2**53
TOLD_ENDS = (Outcome.COMPLETED, Outcome.PRUNED, Outcome.FAILED)
"""Endings that tell something of a configuration."""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _hash(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and abs(value) <= float_info.max


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _one_of(values: Iterable[str]) -> Check:
    known = frozenset(values)
    return lambda value: isinstance(value, str) and value in known


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _or_null(known: Check) -> Check:
    return lambda value: value is None or known(value)


def _list_of(known: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(known, value))


def _source(value: Any) -> bool:
    texts = isinstance(value, Mapping) and all(_text(value.get(k)) for k in _SOURCE)
    left_out = value.get("left_out") if texts else None
    return (
        texts
        and _whole(value.get("taken"))
        and isinstance(left_out, Mapping)
        and all(map(_whole, left_out.values()))
        and value.keys() == {*_SOURCE, "taken", "left_out"}
    )


_SOURCE = ("kind", "name", "study")
_TRIAL: Mapping[str, Check] = {"trial": _whole, "attempt": _whole, "seq": _whole, "at": _number}
_ANY: Mapping[str, Check] = {"kind": _text}
HEAD: Mapping[str, Mapping[str, Check]] = {
    "spec": {"template": _hash, "generation": _whole, "spec": _object, "at": _number},
    "warmStart": {"asked": _hash, "sources": _list_of(_source), "at": _number},
    "earlier": {
        "study": _text,
        "number": _whole,
        "parameters": _object,
        "outcome": _one_of(TOLD_ENDS),
        "steps": _list_of(_whole),
        "values": _list_of(_or_null(_number)),
    },
    "trial": {
        "trial": _whole,
        "name": _text,
        "parameters": _object,
        "origin": _one_of(Origin),
        "template": _hash,
        "created_at": _number,
        "started_at": _or_null(_number),
    },
    "attempt": {"trial": _whole, "attempt": _whole, "pod_uid": _text},
    "sighting": {
        "trial": _whole,
        "attempt": _whole,
        **dict.fromkeys(("pod_uid", "pod", "job_uid", "disruption", "exit_reason"), _text),
        **dict.fromkeys(("gpus", "held", "ran"), _number),
        **dict.fromkeys(("deleted", "suspended", "over"), _flag),
        "exit_code": _or_null(lambda value: isinstance(value, int)),
    },
}
"""What comes before all that happened, in any number."""
HAPPENED: Mapping[str, Mapping[str, Check]] = {
    "observation": {**_TRIAL, "metric": _text, "step": _whole, "value": _or_null(_number)},
    "end": {
        "trial": _whole,
        "seq": _whole,
        "at": _number,
        "state": _one_of(set(TrialState) - {TrialState.RUNNING}),
    },
    "proposal": {
        **dict.fromkeys(("seq", "trial", "redrawn"), _whole),
        **dict.fromkeys(("source", "besides", "versions"), _text),
        "parameters": _or_null(_object),
        "repeats": _flag,
        "at": _number,
    },
    "change": {
        "seq": _whole,
        "at": _number,
        "paused": _flag,
        "keepBest": _whole,
        "protected": lambda value: isinstance(value, list) and all(map(_whole, value)),
    },
    "decision": {
        **_TRIAL,
        "step": _whole,
        "shadow": _or_null(_text),
        "action": _one_of(Action),
    },
}
_KINDS = {**HEAD, **HAPPENED, "study": {"uid": _text, "settings": _object}}


def check(row: Row, where: str) -> None:
    """Check a row; one of an unknown kind is somebody else's.

    Raises
    ------
    UsageError
        With the key at fault.
    """
    checks = {**_ANY, **_KINDS.get(row["kind"] if _text(row.get("kind")) else "", {})}
    for key, known in checks.items():
        if key not in row or not known(row[key]):
            came = f"{json.dumps(row[key])[:60]}" if key in row else "nothing"
            raise UsageError(
                f"{where}, {key}",
                f"expected what `espalier export` writes there, got {came}; export it again",
            )

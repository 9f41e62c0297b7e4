"""The rows of an exported log, out of its lines: checked before anybody counts on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from sys import float_info
from typing import Any

from espalier.errors import UsageError
from espalier.pruning import Action, TrialState

Row = Mapping[str, Any]
Check = Callable[[Any], bool]
LARGEST = 2**53


def rows_of(lines: Iterable[str], name: str) -> Iterator[Row]:
    """Yield the rows of a log one by one: it may be larger than the memory.

    Parameters
    ----------
    lines
        As `espalier export` writes them.
    name
        What the log is called in an error.

    Raises
    ------
    UsageError
        At the first line that is none of these, or if the first is not the study's.
    """
    number = 0
    for number, line in enumerate(lines, 1):
        row = _object(line, name, number)
        if number == 1 and row.get("kind") != "study":
            raise UsageError(
                name, "expected a log of `espalier export`, which begins with its study; export one"
            )
        _check(row, f"{name}, line {number}")
        yield row
    if not number:
        raise UsageError(name, "expected a log of `espalier export`, got nothing; export it again")


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a file of text, one by one.

    Raises
    ------
    UsageError
        If it is no text.
    """
    with path.open(encoding="utf-8") as file:
        try:
            yield from file
        except UnicodeDecodeError as error:
            raise UsageError(
                str(path),
                f"expected text, got bytes that are none ({error.reason}); give a log of "
                "`espalier export`, or NAME.npz with its NAME.json",
            ) from error


def _object(line: str, name: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{name}, line {number}",
            f"expected JSON as `espalier export` writes it, got {line[:60].rstrip()!r}; give such "
            "a log, or a folder of NAME.npz and NAME.json",
        ) from error
    if not isinstance(row, dict):
        raise UsageError(f"{name}, line {number}", f"expected a JSON object, got {line[:60]!r}")
    return row


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and abs(value) <= float_info.max


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _one_of(values: Iterable[str]) -> Check:
    known = frozenset(values)
    return lambda value: isinstance(value, str) and value in known


def _settings(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        key in value and check(value[key]) for key, check in _SETTINGS.items()
    )


_SETTINGS: Mapping[str, Check] = {
    "metric": _text,
    "direction": _one_of(("Minimize", "Maximize")),
    "horizon": lambda value: _whole(value) and value >= 1,
}
_TRIAL: Mapping[str, Check] = {"trial": _whole, "attempt": _whole, "seq": _whole, "at": _number}
_ANY: Mapping[str, Check] = {"kind": _text}
_KINDS: Mapping[str, Mapping[str, Check]] = {
    "study": {"uid": _text, "settings": _settings},
    "observation": {
        **_TRIAL,
        "metric": _text,
        "step": _whole,
        "value": lambda value: value is None or _number(value),
    },
    "end": {
        "trial": _whole,
        "seq": _whole,
        "at": _number,
        "state": _one_of(set(TrialState) - {TrialState.RUNNING}),
    },
    "change": {
        "seq": _whole,
        "at": _number,
        "paused": lambda value: isinstance(value, bool),
        "keepBest": _whole,
        "protected": lambda value: isinstance(value, list) and all(map(_whole, value)),
    },
    "decision": {
        **_TRIAL,
        "step": _whole,
        "shadow": lambda value: value is None or _text(value),
        "action": _one_of(Action),
    },
}
"""What the rows are read for; a row of another kind is somebody else's."""


def _check(row: Row, where: str) -> None:
    checks = {**_ANY, **_KINDS.get(row["kind"] if _text(row.get("kind")) else "", {})}
    for key, check in checks.items():
        if key not in row or not check(row[key]):
            came = f"{json.dumps(row[key])[:60]}" if key in row else "nothing"
            raise UsageError(
                f"{where}, {key}",
                f"expected what `espalier export` writes there, got {came}; export it again",
            )

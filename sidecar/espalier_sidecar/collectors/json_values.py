"""The values of a JSON object that a logger has written: names may be nested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.errors import BadReport
from espalier_sidecar.text import clip

STEPS = ("step", "global_step", "_step", "trainer/global_step", "epoch", "iteration", "round")
"""Which key is the step: the first of these that is there, whatever the case."""
TIMES = frozenset({"timestamp", "time", "time_stamp", "_timestamp", "_runtime", "created_at"})
"""Keys that say when and not what."""
DEEPEST = 8
MOST_VALUES = 1000


def readings_of(found: object, metric: str = "") -> list[Reading]:
    """Return the values of an object, such as `{"epoch": 3, "eval": {"loss": 0.3}}`.

    Names are joined by a slash: `eval/loss`. One of `STEPS` is the step, and the others are values
    like any number; without one the step is None. Texts, truth values, null and lists are passed
    over, time stamps too.

    Parameters
    ----------
    found
        The object, as `json.loads` returns it.
    metric
        The source's name of the metric that is looked for: it is a value also if it is called like
        a time stamp.

    Raises
    ------
    BadReport
        If it is no object, its step is no number, or it has more than `MOST_VALUES` values or is
        nested deeper than `DEEPEST`.
    """
    if not isinstance(found, dict):
        raise BadReport(f"expected a JSON object; came {clip(found)}")
    numbers: dict[str, object] = {}
    for name, value in _leaves(found, "", 1):
        numbers.setdefault(name, value)
        if len(numbers) > MOST_VALUES:
            raise BadReport(f"expected at most {MOST_VALUES} keys in an object; came more")
    key = _step_key(numbers)
    step = None if key is None else _step(key, numbers.pop(key))
    return [
        Reading(name, step, _float(value))
        for name, value in numbers.items()
        if _is_number(value) and (name == metric or name.rpartition("/")[2] not in TIMES)
    ]


def _leaves(found: Mapping[str, object], above: str, depth: int) -> Iterator[tuple[str, object]]:
    if depth > DEEPEST:
        raise BadReport(f"expected objects at most {DEEPEST} deep; came {clip(above)}, and deeper")
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}/", depth + 1)
        elif not isinstance(value, list):
            yield f"{above}{key}", value


def _step_key(numbers: Mapping[str, object]) -> str | None:
    by_name = {name.lower(): name for name, value in numbers.items() if value is not None}
    return next((by_name[step] for step in STEPS if step in by_name), None)


def _step(key: str, value: object) -> float:
    if not _is_number(value):
        raise BadReport(f"expected as {key} a number, not in quotes; came {clip(value)}")
    return _float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(value: object) -> float:
    assert isinstance(value, int | float)
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")

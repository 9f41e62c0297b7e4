"""How a parameter is written in one word: `lr=1e-4..0.1:log`, `layers=1..8`, `kind=sgd,adam`."""

from __future__ import annotations

import re
from typing import Any

from espalier.errors import UsageError

_RANGE = re.compile(r"(?P<min>[-+0-9.eE]+)\.\.(?P<max>[-+0-9.eE]+)(?P<more>(?::[^:]*)*)")
_WHOLE = re.compile(r"[-+]?\d+")
_SAID = "expected NAME=MIN..MAX, with :log or :step=STEP behind it, or NAME=VALUE,VALUE"


def read_parameter(text: str) -> dict[str, Any]:
    """Return a parameter as a Study has it.

    Two whole numbers are a range of whole numbers, others one of floating-point numbers; anything
    with commas is a choice of values.

    Raises
    ------
    UsageError
        If it is not written so.
    """
    name, equals, said = text.partition("=")
    if not equals or not name or not said:
        raise UsageError("--parameter", f"{_SAID}; got {text[:80]!r}")
    found = _RANGE.fullmatch(said)
    if found is None:
        if ".." in said:
            raise UsageError("--parameter", f"{_SAID}; got {text[:80]!r}")
        return {"name": name, "categorical": {"values": [_value(each) for each in said.split(",")]}}
    whole = all(_WHOLE.fullmatch(found[bound]) for bound in ("min", "max"))
    try:
        domain: dict[str, Any] = {
            "min": _number(found["min"], whole),
            "max": _number(found["max"], whole),
        }
        for word in filter(None, found["more"].split(":")):
            domain |= _option(word, whole)
    except ValueError as error:
        raise UsageError("--parameter", f"{_SAID}; got {text[:80]!r} ({error})") from error
    return {"name": name, "int" if whole else "float": domain}


def _option(word: str, whole: bool) -> dict[str, Any]:
    if word.lower() in ("log", "loguniform"):
        return {"scale": "Log"}
    if word.startswith("step="):
        return {"step": _number(word.removeprefix("step="), whole)}
    raise ValueError(f"{word!r} is neither log nor step=STEP")


def _number(text: str, whole: bool) -> float | int:
    return int(text) if whole else float(text)


def _value(text: str) -> Any:
    """Return a value as YAML would read it."""
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return float(text) if any(map(str.isdigit, text)) else text
    except ValueError:
        return text

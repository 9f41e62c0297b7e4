"""Which step a line is about: `epoch 3`, `Epoch [3/27]`, `step=300`."""

from __future__ import annotations

import re
from typing import NamedTuple

from espalier_sidecar.collectors.numbers import NUMBER, number_in

_SAID = re.compile(
    r"(?<![\w./-])[\"']?(?P<word>epoch|step|global[_ ]step|iter|iteration|round|update)[\"']?"
    rf"(?:\(\w{{1,20}}\))?[ \t]{{0,8}}[:=#]?[ \t]{{0,8}}[\"'(\[]?[ \t]{{0,8}}(?P<number>{NUMBER})"
    r"(?P<more>,\d{3}(?!\d))?(?![\w]|\.\d)(?P<of>[ \t]{0,4}(?:/|of)[ \t]{0,4}\d{1,18})?[\"')\]]?",
    re.ASCII | re.IGNORECASE,
)
_WORDS = ("epoch", "step", "iter", "round", "update")
_BEFORE = re.compile(r"(\w+)[\s:=]*\Z")
# `best epoch: 3` is not the epoch that a line is about, `max step: 100` not its step.
_OTHERS = frozenset(
    {
        "best",
        "max",
        "min",
        "total",
        "num",
        "number",
        "last",
        "final",
        "of",
        "from",
        "per",
        "every",
        "each",
        "until",
        "till",
        "patience",
        "warmup",
        "start",
        "initial",
        "checkpoint",
        "previous",
        "next",
    }
)
# A line of a part of an epoch: a bar that is not full, a batch, a count of examples.
_PART = re.compile(
    r"(?<!\d)\d{1,2}%\||[(\[][ \t]{0,8}\d{1,12}[ \t]{0,4}/[ \t]{0,4}\d{1,12}"
    r"|\bbatch(?:es)?[ \t]{0,4}[:=#\[]?[ \t]{0,4}\d|\d[ \t]batches",
    re.ASCII | re.IGNORECASE,
)


class Said(NamedTuple):
    """What a line says about its step."""

    epoch: float | None
    """The epoch; None if it names none."""
    step: float | None
    """The step, where another word than epoch is used."""
    rest: str
    """The line, with blanks in place of that."""


def said_in(text: str) -> Said:
    """Return what a line says about its step.

    Raises
    ------
    BadReport
        If a step has separators of thousands.
    """
    epoch: float | None = None
    step: float | None = None
    lower, rest = text.lower(), text
    if not any(word in lower for word in _WORDS):
        return Said(None, None, text)
    for match in _SAID.finditer(text):
        before = _BEFORE.search(text[max(0, match.start() - 24) : match.start()])
        if before and before[1].lower() in _OTHERS:
            continue
        number = number_in(match["number"] + (match["more"] or ""))
        if match["word"].lower() == "epoch":
            epoch = number if epoch is None else epoch
        else:
            step = number if step is None else step
        begin, end = match.span()
        rest = rest[:begin] + " " * (end - begin) + rest[end:]
    return Said(epoch, step, rest)


def is_part(rest: str) -> bool:
    """Tell whether the rest of a line is about a part of an epoch: a batch, or a bar not full."""
    return _PART.search(rest) is not None

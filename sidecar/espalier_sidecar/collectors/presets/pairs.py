"""Names with numbers in a line: `val_loss=0.31`, `val loss: 0.31`, `'acc': 93.1%`."""

from __future__ import annotations

import re
from typing import NamedTuple

from espalier_sidecar.collectors.numbers import NUMBER, WRAPPED, number_in
from espalier_sidecar.collectors.printed_text import Faults
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.errors import BadReport
from espalier_sidecar.text import clip

MOST_PAIRS = 512
"""So many pairs of a line are looked at."""
LONGEST_NAME = 250
MOST_WORDS = 4
"""A name is so many words at most."""

NO_METRICS = frozenset(
    {
        "epoch",
        "epochs",
        "step",
        "steps",
        "global_step",
        "iter",
        "iters",
        "iteration",
        "iterations",
        "round",
        "rounds",
        "batch",
        "batches",
        "batch_size",
        "eta",
        "time",
        "elapsed",
        "date",
        "lr",
        "learning_rate",
        "seed",
        "port",
        "pid",
        "rank",
        "local_rank",
        "world_size",
        "v_num",
        "version",
    }
)
"""What has a number and is no metric, in lower case: what counts, tells the time, or was given."""
# Words that join a name to a sentence, or say how important a line is.
_NO_NAMES = frozenset(
    {
        "a",
        "after",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "got",
        "had",
        "has",
        "in",
        "is",
        "of",
        "on",
        "our",
        "over",
        "reached",
        "the",
        "then",
        "this",
        "to",
        "was",
        "with",
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "critical",
        "notice",
    }
)
_UNITS = frozenset(
    {
        "s",
        "ms",
        "us",
        "sec",
        "secs",
        "second",
        "seconds",
        "min",
        "mins",
        "minutes",
        "h",
        "hours",
        "it/s",
        "gb",
        "mb",
        "kb",
    }
)

# What follows a name; runs of blanks are bounded, so that no line takes long.
_SIGN_AND_NUMBER = re.compile(
    rf"[:=][ \t]{{0,16}}(?P<open>[\"']?)(?:{WRAPPED}(?P<inner>{NUMBER})(?:\s*,[^()]*)?\)"
    rf"|(?P<bare>{NUMBER}))(?P<close>[\"']?)",
    re.ASCII,
)
_ENDS = re.compile(r"\Z|%?(?:\Z|[\s\"')\]}|;&>±]|,(?!\d)|\.(?!\w)|\+/-)", re.ASCII)
_FRACTION = re.compile(r"\s{0,4}/\s{0,4}\d", re.ASCII)
_COMMA = re.compile(r",[\d,.]*\d", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
# Both on text that is turned round.
_QUOTED = re.compile(r"[ \t]{0,16}(?:\"([^\"]{1,250})\"|'([^']{1,250})')")
_TOKEN = re.compile(r"[ \t]{0,16}([\w./@%()+'°²³-]{1,300})")
_WORD_BEFORE = re.compile(r" ([\w'-]{1,40})(?![\w./@%()+'=:])")


class Pair(NamedTuple):
    """A name and a number."""

    name: str
    """The name, as it is written."""
    value: float
    """The number."""


class PairsInLine(NamedTuple):
    """What names with numbers a line has."""

    found: list[Pair]
    """Those that are, in order; a name comes once."""
    bad: list[BadReport]
    """What is wrong with others."""

    def readings(self, step: float | None) -> list[Reading]:
        """Return them as values at a step."""
        return [Reading(name, step, value) for name, value in self.found]


def pairs_in(text: str, low: int = 0) -> PairsInLine:
    """Find the pairs of a line.

    Parameters
    ----------
    text
        The line.
    low
        Where names may begin: before it stands what is not part of one.
    """
    values: dict[str, float] = {}
    twice: set[str] = set()
    bad = Faults()
    for count, match in enumerate(_SIGN_AND_NUMBER.finditer(text)):
        if count == MOST_PAIRS:
            break
        name = _name(text, low, match.start())
        low = match.end()
        if not _is_metric(name) or not _is_value(text, match, bad):
            continue
        value = float(match["inner"] or match["bare"])
        if values.setdefault(name, value) != value and value == value:
            twice.add(name)
    for name in twice:
        del values[name]
        bad.add(
            f"expected one value of {clip(name)} in a line; came several: tell them apart by a "
            "pattern"
        )
    return PairsInLine([Pair(*each) for each in values.items()], bad.found)


def _is_metric(name: str) -> bool:
    return bool(name) and name.lower().rpartition(" ")[2] not in NO_METRICS


def _is_value(text: str, match: re.Match[str], bad: Faults) -> bool:
    """Tell whether a number behind a name is a value: no time, version, fraction or unit."""
    end, number = match.end(), match["bare"]
    if number is not None and not match["close"] and (more := _COMMA.match(text, end)):
        _say_comma(number + more[0], bad)
        return False
    if match["open"] != match["close"] and match["open"]:
        return False
    if not _ENDS.match(text, end) or _FRACTION.match(text, end):
        return False
    # `train.py:10`, `localhost:9321`
    tight = match[0][0] == ":" and match[0][1:2].isdigit() and text[match.start() - 1] != " "
    return not (tight and number is not None and _WHOLE.fullmatch(number))


def _say_comma(number: str, bad: Faults) -> None:
    try:
        number_in(number)
    except BadReport as error:
        if "expected a number;" not in str(error):
            bad.add(error)


def _name(text: str, low: int, end: int) -> str:
    """Return the name that ends somewhere; empty if none does.

    A name of code's, as `val_loss` or `eval/loss`, is one word. Before a plain word its like count
    too, since `train loss` is another metric than `val loss`.
    """
    before = text[max(low, end - 2 * LONGEST_NAME) : end][::-1]
    if match := _QUOTED.match(before):
        return (match[1] or match[2])[::-1].strip()
    match = _TOKEN.match(before)
    if match is None:
        return ""
    name = _trimmed(match[1][::-1])
    if not name or not any(each.isalpha() for each in name) or len(name) > LONGEST_NAME:
        return ""
    if not name.isalnum() or len(name) < len(match[1]):
        return name
    words = [name]
    at = match.end()
    while len(words) < MOST_WORDS and (match := _WORD_BEFORE.match(before, at)):
        word = match[1][::-1]
        at = match.end()
        if not word[0].isalpha() or word.lower() in _NO_NAMES or "_" in word:
            break
        if at == len(before) and low and word.lower() in _UNITS:
            break
        words.append(word)
    return " ".join(reversed(words))


def _trimmed(name: str) -> str:
    name = name.strip(".'").lstrip("/@%+-°)")
    while name.startswith("(") or name.count("(") > name.count(")"):
        name = name[name.index("(") + 1 :]
    while name.count(")") > name.count("("):
        name = name[: name.rindex(")")]
    return name.rstrip("./@+-'")

"""The end of what trainers have printed: checked, cleaned, and made a row of the store."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from espalier.api.resources import MOST_OUTPUT
from espalier.store.batch import Row

MOST_ATTEMPTS = 10
"""Of so many attempts of a trial the output is kept, the first ones."""


@dataclass(frozen=True, slots=True)
class OutputMessage:
    """What a sidecar says that its trainer printed last.

    Parameters
    ----------
    trial
        The trial that the sender says it is, ``<namespace>/<name>``.
    text
        The text, cleaned.
    cut
        Whether more was printed before it.
    """

    trial: str
    text: str
    cut: bool


def cleaned(text: str) -> str:
    """Return a text as it may be shown anywhere: printable characters, tabs and line ends."""
    whole = "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
    return whole.encode(errors="replace")[-MOST_OUTPUT:].decode(errors="ignore")


def output_row(study: int, number: int, attempt: int, message: OutputMessage, at: float) -> Row:
    """Return the row of the `outputs` table."""
    packed = zlib.compress(message.text.encode())
    return (study, number, attempt, packed, message.cut, at)

"""The bodies that MLflow's client sends, read piece by piece: large ones are never held whole."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NamedTuple

from espalier_sidecar.limits import KIB

LONGEST = 40 * KIB
"""Of characters that one member may have: the longest parameter that MLflow takes, escaped."""
MOST_MEMBERS = 5000
"""In one body; MLflow's client sends at most 1000 metrics, 100 parameters and 100 tags."""

_BETWEEN = re.compile(r"[ \t\r\n,]*")
_KEY = re.compile(r'("(?:[^"\\]|\\.)*")[ \t\r\n]*:', re.DOTALL)
_DELIMITERS = tuple(" \t\r\n,}]")
_DECODER = json.JSONDecoder()


class Member(NamedTuple):
    """A member of a body; one that is a list comes as many, one for each of its elements."""

    name: str
    """What it is called."""
    value: Any
    """What it is: a member that is no list, or an element of one that is."""
    place: int
    """Which element of the list it is."""


class _Broken(Exception):
    """What came is no body of MLflow's."""


class BodyReader:
    """Finds the members of a JSON object in pieces of it.

    Attributes
    ----------
    fault
        Why no more members are found; empty if nothing is wrong so far.
    """

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._text = ""
        self._began = False
        self._ended = False
        self._name: str | None = None
        self._index = -1
        self._found = 0
        self.fault = ""

    def feed(self, piece: bytes) -> list[Member]:
        """Return the members that this piece completes."""
        if self._ended or self.fault:
            return []
        self._text += self._decode(piece)
        members: list[Member] = []
        at = 0
        try:
            while (end := self._read(at, members)) is not None:
                at = end
        except (_Broken, RecursionError) as error:
            self.fault = str(error)
        if len(self._text) - at > LONGEST and not self.fault:
            self.fault = f"expected at most {LONGEST} characters in a member; came more"
        if self.fault:
            at = len(self._text)
        self._text = self._text[at:]
        return members

    def end(self) -> None:
        """Say that no more comes: what is unfinished is a fault."""
        if not self._ended and not self.fault:
            self.fault = "expected a JSON object; came something else, or a part of one"
        self._text = ""

    def _read(self, at: int, members: list[Member]) -> int | None:
        """Read one thing and return where it ends; None if more text is needed, or none is."""
        found = _BETWEEN.match(self._text, at)
        assert found is not None
        at = found.end()
        if at == len(self._text) or self._ended:
            return None
        first = self._text[at]
        if not self._began:
            if first != "{":
                raise _Broken("expected a JSON object; came something else")
            self._began = True
            return at + 1
        if self._name is None:
            return self._key(at, first)
        if first == "[" and self._index < 0:
            self._index = 0
            return at + 1
        if first == "]" and self._index >= 0:
            self._name, self._index = None, -1
            return at + 1
        return self._value(at, members)

    def _key(self, at: int, first: str) -> int | None:
        if first == "}":
            self._ended = True
            return at + 1
        if first != '"':
            raise _Broken("expected the name of a member; came something else")
        found = _KEY.match(self._text, at)
        if found is None:
            return None
        try:
            self._name = str(json.loads(found[1]))
        except ValueError:
            raise _Broken("expected the name of a member; came something else") from None
        return found.end()

    def _value(self, at: int, members: list[Member]) -> int | None:
        assert self._name is not None
        try:
            value, end = _DECODER.raw_decode(self._text, at)
        except ValueError:
            return None
        if self._text[end : end + 1] not in _DELIMITERS:
            return None  # a number may go on in the next piece
        self._found += 1
        if self._found > MOST_MEMBERS:
            raise _Broken(f"expected at most {MOST_MEMBERS} members; came more")
        members.append(Member(self._name, value, max(0, self._index)))
        if self._index < 0:
            self._name = None
        else:
            self._index += 1
        return end

"""How far the collectors have read, kept over a restart of the container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.volume import Folder

NAME = "positions.json"
MAX_BYTES = 64 * 1024  # of the file
LARGEST_NUMBER = 2**63


class Positions:
    """A small file: for each source a position, and what else its collector must remember.

    Of sources that nobody asks for none is kept.

    Parameters
    ----------
    folder
        The sidecar's own folder.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._found = self._read()
        self._known: dict[str, tuple[Position | None, Mapping[str, Any]]] = {}

    def get(self, source: str) -> Position | None:
        """Return the position to resume at, None if the source was not read before."""
        position, state = _entry(self._found.get(source))
        if position is not None:
            self._known[source] = position, state
        return position

    def state(self, source: str) -> Mapping[str, Any]:
        """Return what else was kept of a source; empty if nothing was."""
        return _entry(self._found.get(source))[1]

    def put(
        self, source: str, position: Position | None, state: Mapping[str, Any] | None = None
    ) -> None:
        """Write down a position and a state, once all before it is in the spool."""
        entry = position, state or {}
        if self._known.get(source) == entry:
            return
        self._known[source] = entry
        text = json.dumps(self._known).encode()
        if len(text) > MAX_BYTES:
            text = json.dumps({name: (at, {}) for name, (at, _) in self._known.items()}).encode()
            log_line_limited("positions", f"too much to keep in {NAME}: only positions are kept")
        try:
            self._folder.put(f"{NAME}.new", text, 0o600, self._folder, NAME)
        except OSError as error:
            log_line_limited("positions", f"could not write {NAME}: {error}")

    def _read(self) -> dict[str, object]:
        try:
            found = json.loads(self._folder.read(NAME, MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            # Read again from the start: the operator knows what it has.
            return {}
        return found if isinstance(found, dict) else {}


def _entry(found: object) -> tuple[Position | None, Mapping[str, Any]]:
    if not isinstance(found, list) or len(found) != 2:
        return None, {}
    position, state = found
    return _position(position), state if isinstance(state, dict) else {}


def _position(found: object) -> Position | None:
    if not isinstance(found, list) or len(found) != 2:
        return None
    whole = [each for each in found if type(each) is int and 0 <= each < LARGEST_NUMBER]
    return Position(*whole) if len(whole) == 2 else None

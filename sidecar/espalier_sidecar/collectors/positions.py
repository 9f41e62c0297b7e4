"""How far the followed files have been read, kept over a restart of the container."""

from __future__ import annotations

import json

from espalier_sidecar.collectors.growing_file import Position
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.volume import Folder

NAME = "positions.json"
MAX_BYTES = 4096  # of the file
LARGEST_NUMBER = 2**63


class Positions:
    """A small file of paths and positions; of files that nobody asks for none is kept.

    Parameters
    ----------
    folder
        The sidecar's own folder.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._found = self._read()
        self._known: dict[str, Position] = {}

    def get(self, path: str) -> Position | None:
        """Return the position to resume at, None if the file was not read before."""
        position = _position(self._found.get(path))
        if position is not None:
            self._known[path] = position
        return position

    def put(self, path: str, position: Position) -> None:
        """Write down a position, once all before it is in the spool."""
        if self._known.get(path) == position:
            return
        self._known[path] = position
        text = json.dumps(self._known).encode()
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


def _position(found: object) -> Position | None:
    if not isinstance(found, list) or len(found) != 2:
        return None
    whole = [each for each in found if type(each) is int and 0 <= each < LARGEST_NUMBER]
    return Position(*whole) if len(whole) == 2 else None

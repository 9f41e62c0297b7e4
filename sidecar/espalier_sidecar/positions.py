"""How far the followed files have been read, kept over a restart of the container."""

import json
from collections.abc import Iterable

from espalier_sidecar.log import log_line_limited
from espalier_sidecar.tail import Position
from espalier_sidecar.volume import Folder

NAME = "positions.json"
MAX_BYTES = 4096
LARGEST_NUMBER = 2**63


class Positions:
    """A small file of paths and positions.

    Parameters
    ----------
    paths
        The files that are followed: no other is kept.
    """

    def __init__(self, folder: Folder, paths: Iterable[str]) -> None:
        self._folder = folder
        found = self._read()
        self._known = {path: at for path in paths if (at := _position(found.get(path)))}

    def get(self, path: str) -> Position | None:
        """Return the position to resume at."""
        return self._known.get(path)

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

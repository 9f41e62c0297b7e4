"""How far the followed files have been read, kept over a restart of the container."""

import json
import os

from espalier_sidecar.tail import Position
from espalier_sidecar.voice import say_some


class Positions:
    """A small file of paths and positions."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._known = self._read()

    def get(self, path: str) -> Position | None:
        """Give the position to resume at."""
        return self._known.get(path)

    def put(self, path: str, position: Position) -> None:
        """Write down a position, once all before it is in the spool."""
        if self._known.get(path) == position:
            return
        self._known[path] = position
        try:
            with open(f"{self._path}.new", "w", encoding="utf-8") as file:
                json.dump(self._known, file)
            os.replace(f"{self._path}.new", self._path)
        except OSError as error:
            say_some("positions", f"could not write {self._path}: {error}")

    def _read(self) -> dict[str, Position]:
        try:
            with open(self._path, encoding="utf-8") as file:
                found = json.load(file)
            return {path: Position(int(at[0]), int(at[1])) for path, at in found.items()}
        except (OSError, ValueError, TypeError, AttributeError, IndexError):
            # Read again from the start: the operator knows what it has.
            return {}

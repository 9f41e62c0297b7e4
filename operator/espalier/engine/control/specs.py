"""The specs of Studies: each generation is read once, and the last good one is kept."""

from __future__ import annotations

from espalier.api import Study, StudySpec, parse_study
from espalier.engine.control.cache import Object
from espalier.errors import SpecError


class Specs:
    """What was read of each Study, by its uid."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, Study | SpecError]] = {}
        self._good: dict[str, StudySpec] = {}

    def read(self, obj: Object) -> Study | SpecError:
        """Return a Study, or why it cannot be read."""
        meta = obj["metadata"]
        known = self._read.get(meta["uid"])
        if known is not None and known[0] == _generation(obj):
            return known[1]
        found: Study | SpecError
        try:
            found = parse_study({key: obj[key] for key in obj if key != "status"})
        except SpecError as error:
            found = error
        self._read[meta["uid"]] = (_generation(obj), found)
        return found

    def refuse(self, obj: Object, error: SpecError) -> None:
        """Take in that a Study cannot be carried out, though its spec can be read."""
        self._read[obj["metadata"]["uid"]] = (_generation(obj), error)

    def good(self, obj: Object) -> StudySpec | None:
        """Return the last spec of a Study that could be read: its running trials go by that."""
        uid, study = obj["metadata"]["uid"], self.read(obj)
        if isinstance(study, Study):
            self._good[uid] = study.spec
        return self._good.get(uid)

    def forget(self, uid: str) -> None:
        """Forget a Study."""
        self._read.pop(uid, None)
        self._good.pop(uid, None)

    def clear(self) -> None:
        """Forget which generations were read: they may mean something else now."""
        self._read.clear()

    def __len__(self) -> int:
        """Return of how many Studies something is remembered."""
        return len(self._read.keys() | self._good.keys())


def _generation(obj: Object) -> int:
    return int(obj["metadata"].get("generation", 0))

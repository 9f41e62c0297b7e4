"""What Studies mean: each generation is read and worked out once; the last good one is kept."""

from __future__ import annotations

from espalier.api import Study, StudySpec, parse_study
from espalier.engine.control.cache import Object
from espalier.errors import SpecError
from espalier.planning.drafting import blueprint_of
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import StudyView


class Specs:
    """What was read of each Study, by its uid."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, Study | SpecError]] = {}
        self._good: dict[str, StudySpec] = {}
        self._drafted: dict[str, tuple[StudyView, Blueprint]] = {}

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

    def blueprint(self, study: StudyView, settings: OperatorSettings) -> Blueprint:
        """Return what a Study means, worked out when anything of it was changed that its Jobs have.

        Labels and annotations, by which a queue is named, are no part of a generation.
        """
        known = self._drafted.get(study.uid)
        if known is not None and _like(known[0]) == _like(study):
            return known[1]
        found = blueprint_of(study, settings)
        self._drafted[study.uid] = study, found
        return found

    def forget(self, uid: str) -> None:
        """Forget a Study."""
        self._drafted.pop(uid, None)
        self._read.pop(uid, None)
        self._good.pop(uid, None)

    def clear(self) -> None:
        """Forget which generations were read: they may mean something else now."""
        self._read.clear()
        self._drafted.clear()

    def __len__(self) -> int:
        """Return of how many Studies something is remembered."""
        return len(self._read.keys() | self._good.keys() | self._drafted.keys())


def _like(study: StudyView) -> tuple[object, ...]:
    """Return what two views of a Study have in common if they have one blueprint."""
    # One and the same spec is kept of a generation, so that its identity tells.
    return study.generation, id(study.spec), study.error, study.labels, study.annotations


def _generation(obj: Object) -> int:
    return int(obj["metadata"].get("generation", 0))

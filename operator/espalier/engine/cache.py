"""What the operator last saw of the cluster's objects, newest version wins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

Object = Mapping[str, Any]


class StudyKey(NamedTuple):
    """Namespace and name of a Study: what the reconciler's queue holds."""

    namespace: str
    name: str


KeyOf = Callable[[Object], StudyKey | None]


def study_key(obj: Object) -> StudyKey | None:
    """Return the key of a Study."""
    return StudyKey(obj["metadata"]["namespace"], obj["metadata"]["name"])


def trial_key(obj: Object) -> StudyKey | None:
    """Return the key of the Study that a Trial names."""
    name = ((obj.get("spec") or {}).get("study") or {}).get("name")
    return StudyKey(obj["metadata"]["namespace"], name) if name else None


def labelled_key(obj: Object) -> StudyKey | None:
    """Return the key of the Study that an object's label names."""
    name = (obj["metadata"].get("labels") or {}).get("espalier.dev/study")
    return StudyKey(obj["metadata"]["namespace"], name) if name else None


class ObjectCache:
    """The objects of one kind, by uid and by study.

    Fed by watches, by the answers to our own writes, and by lists; all of them may come late. An
    object is replaced only by a newer version of itself (since Kubernetes 1.35 versions compare as
    numbers), and one that was seen to be deleted does not come back.
    """

    def __init__(self, key_of: KeyOf) -> None:
        self._key_of = key_of
        self._objects: dict[str, Object] = {}
        self._by_key: dict[StudyKey, dict[str, Object]] = defaultdict(dict)
        self._gone: dict[str, None] = {}

    def put(self, obj: Object) -> StudyKey | None:
        """Keep an object; return its study's key if that changed anything."""
        uid = obj["metadata"]["uid"]
        if uid in self._gone:
            return None
        old = self._objects.get(uid)
        if old is not None and version_of(obj) <= version_of(old):
            return None
        if old is not None and (was := self._key_of(old)) is not None:
            self._by_key[was].pop(uid, None)
        self._objects[uid] = obj
        key = self._key_of(obj)
        if key is not None:
            self._by_key[key][uid] = obj
        return key

    def drop(self, uid: str) -> StudyKey | None:
        """Forget an object that is gone; return its study's key if it was there."""
        self._gone[uid] = None
        while len(self._gone) > 10_000:
            self._gone.pop(next(iter(self._gone)))
        old = self._objects.pop(uid, None)
        key = self._key_of(old) if old is not None else None
        if key is not None:
            self._by_key[key].pop(uid, None)
            if not self._by_key[key]:
                del self._by_key[key]
        return key

    def replace(
        self, objects: Iterable[Object], version: int, within: str | None = None
    ) -> set[StudyKey]:
        """Take over a list; return the keys of what it changed.

        What is here and not in the list has been deleted, unless it is newer than the list.
        """
        changed: set[StudyKey] = set()
        listed: set[str] = set()
        for obj in objects:
            listed.add(obj["metadata"]["uid"])
            if (key := self.put(obj)) is not None:
                changed.add(key)
        for uid, obj in list(self._objects.items()):
            if uid in listed or version_of(obj) > version:
                continue
            if within is not None and obj["metadata"].get("namespace") != within:
                continue
            if (key := self.drop(uid)) is not None:
                changed.add(key)
        return changed

    def get(self, uid: str) -> Object | None:
        """Return an object by its uid."""
        return self._objects.get(uid)

    def of(self, key: StudyKey) -> Iterator[Object]:
        """Return the objects of a study."""
        return iter(list(self._by_key.get(key, {}).values()))

    def keys(self) -> set[StudyKey]:
        """Return the keys of all studies that have an object here."""
        return {key for key, found in self._by_key.items() if found}

    def __len__(self) -> int:
        """Return how many objects are here."""
        return len(self._objects)


def version_of(obj: Object) -> int:
    """Return an object's version as a number."""
    text = str(obj["metadata"].get("resourceVersion", "0"))
    return int(text) if text.isdigit() else 0

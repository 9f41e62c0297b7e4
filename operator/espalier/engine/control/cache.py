"""What the operator last saw of the cluster's objects, newest version wins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from espalier.planning.world.names import STUDY_LABEL

Object = Mapping[str, Any]


class StudyKey(NamedTuple):
    """Namespace and name of a Study: what the reconciler's queue holds."""

    namespace: str
    name: str


_REMEMBERED = 10_000
"""How many objects that are gone are remembered."""

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
    name = (obj["metadata"].get("labels") or {}).get(STUDY_LABEL)
    return StudyKey(obj["metadata"]["namespace"], name) if name else None


class Moment(NamedTuple):
    """How much was known of a kind: the highest version, and how many changes were seen."""

    newest: int
    changes: int


class _Gone(NamedTuple):
    proof: str
    version: int
    at: int


class Replaced(NamedTuple):
    """What a list changed: keys of studies, and the objects that are gone."""

    changed: set[StudyKey]
    gone: list[Object]


class ObjectCache:
    """The objects of one kind, by uid and by study.

    Fed by watches, by the answers to our own writes, and by lists; all of them may come late. An
    object is replaced only by a newer version of itself (since Kubernetes 1.35 versions compare as
    numbers), and one that is known to be gone does not come back with a version of before that:
    unless the whole cluster goes back to an earlier state, which a list shows.

    Parameters
    ----------
    key_of
        Returns the study that an object may belong to.
    reduce
        Returns what is to be kept of an object.
    """

    def __init__(self, key_of: KeyOf, reduce: Callable[[Object], Object] = lambda obj: obj) -> None:
        self._key_of = key_of
        self._reduce = reduce
        self._objects: dict[str, Object] = {}
        self._by_key: dict[StudyKey, dict[str, Object]] = defaultdict(dict)
        self._changed: dict[StudyKey, dict[str, None]] = defaultdict(dict)
        self._gone: dict[str, _Gone] = {}
        self._newest = 0
        self._puts: dict[str, int] = {}
        self._changes = 0

    def put(self, obj: Object) -> StudyKey | None:
        """Keep an object; return its study's key if that changed anything."""
        uid = obj["metadata"]["uid"]
        if (gone := self._gone.get(uid)) is not None:
            if version_of(obj) <= gone.version:
                return None
            del self._gone[uid]  # it had only lost the label by which it is watched
        self._newest = max(self._newest, version_of(obj))
        old = self._objects.get(uid)
        if old is not None and version_of(obj) <= version_of(old):
            return None
        if old is not None and (was := self._key_of(old)) is not None:
            self._take_from(was, uid)
        key = self._key_of(obj)
        self._changes += 1
        self._puts[uid] = self._changes
        self._objects[uid] = obj = self._reduce(obj)
        if key is not None:
            self._by_key[key][uid] = obj
            self._changed[key][uid] = None
        return key

    def find(self, obj: Object) -> StudyKey | None:
        """Keep an object that was asked for and is there, whatever made it seem to be gone."""
        self._gone.pop(obj["metadata"]["uid"], None)
        return self.put(obj)

    def drop(self, uid: str, proof: str, version: int | None = None) -> StudyKey | None:
        """Forget an object that is gone; return its study's key if it was there.

        Parameters
        ----------
        proof
            How it is known, in words: a deletion that a watch has shown, a list without it, or the
            answer to a GET of this very object. The answer to a write is none.
        version
            As of which version; without it, of all that were seen.
        """
        self._changes += 1
        version = self._newest if version is None else version
        self._gone[uid] = _Gone(proof, version, self._changes)
        while len(self._gone) > _REMEMBERED:
            self._gone.pop(next(iter(self._gone)))
        old = self._objects.pop(uid, None)
        self._puts.pop(uid, None)
        key = self._key_of(old) if old is not None else None
        if key is not None:
            self._take_from(key, uid)
        return key

    def _take_from(self, key: StudyKey, uid: str) -> None:
        self._by_key[key].pop(uid, None)
        self._changed[key][uid] = None
        if not self._by_key[key]:
            del self._by_key[key]

    def replace(
        self, objects: Iterable[Object], version: int, within: str | None = None
    ) -> Replaced:
        """Take over a list; return what it changed.

        What is here and not in the list has been deleted, unless it is newer than the list.
        """
        proof = f"a list at version {version} does not hold it"
        changed: set[StudyKey] = set()
        listed: set[str] = set()
        for obj in objects:
            listed.add(obj["metadata"]["uid"])
            if (key := self.put(obj)) is not None:
                changed.add(key)
        self._newest = max(self._newest, version)
        missing = [
            obj
            for obj in self._within(within)
            if obj["metadata"]["uid"] not in listed and version_of(obj) <= version
        ]
        for obj in missing:
            if (key := self.drop(obj["metadata"]["uid"], proof, version)) is not None:
                changed.add(key)
        return Replaced(changed, missing)

    def restore(
        self, objects: Sequence[Object], version: int, within: str | None, asked: Moment
    ) -> Replaced:
        """Take over a list of a cluster that went back to an earlier state.

        Nothing that was known when it was asked for holds any more: versions start again, what was
        gone may be back, and what is missing was deleted by nobody. What came since is of the new
        state.
        """
        here = [
            obj
            for obj in self._within(within)
            if self._puts[obj["metadata"]["uid"]] <= asked.changes
        ]
        for obj in here:
            uid = obj["metadata"]["uid"]
            del self._objects[uid], self._puts[uid]
            if (key := self._key_of(obj)) is not None:
                self._take_from(key, uid)
        self._gone = {uid: gone for uid, gone in self._gone.items() if gone.at > asked.changes}
        self._newest = max([version, *(version_of(obj) for obj in self._objects.values())])
        changed = {key for obj in here if (key := self._key_of(obj)) is not None}
        changed |= {key for obj in objects if (key := self.put(obj)) is not None}
        return Replaced(changed, [obj for obj in here if obj["metadata"]["uid"] not in self])

    def _within(self, namespace: str | None) -> list[Object]:
        return [
            obj
            for obj in self._objects.values()
            if namespace is None or obj["metadata"].get("namespace") == namespace
        ]

    def absence(self, uid: str) -> str | None:
        """Return how an object is known to be gone, None where it is not known to be."""
        gone = self._gone.get(uid)
        return None if gone is None else gone.proof

    def moment(self) -> Moment:
        """Return what is known by now, for `contradicts`."""
        return Moment(self._newest, self._changes)

    def contradicts(self, objects: Iterable[Object], version: int, asked: Moment) -> bool:
        """Whether a list shows that the cluster has gone back to an earlier state.

        A list is never older than what was known when it was asked for. So it does not, unless
        etcd was restored from a backup, have a lower version, hold what was gone by then, or hold
        an object as it was before it was seen to change.
        """
        return version < asked.newest or any(self._is_back(obj, asked) for obj in objects)

    def _is_back(self, obj: Object, asked: Moment) -> bool:
        uid = obj["metadata"]["uid"]
        if (gone := self._gone.get(uid)) is not None:
            return gone.at <= asked.changes and version_of(obj) <= gone.version
        known = self._objects.get(uid)
        return known is not None and version_of(obj) < version_of(known) <= asked.newest

    def __contains__(self, uid: str) -> bool:
        """Whether an object is here."""
        return uid in self._objects

    def get(self, uid: str) -> Object | None:
        """Return an object by its uid."""
        return self._objects.get(uid)

    def of(self, key: StudyKey) -> Iterator[Object]:
        """Return the objects of a study."""
        return iter(list(self._by_key.get(key, {}).values()))

    def uids(self, key: StudyKey) -> Iterator[str]:
        """Return the uids of a study's objects."""
        return iter(list(self._by_key.get(key, {})))

    def one(self, key: StudyKey, uid: str) -> Object | None:
        """Return an object by its uid, if it is of a study."""
        return self._by_key.get(key, {}).get(uid)

    def changed(self, key: StudyKey) -> Iterable[str]:
        """Return the uids of what came, changed or went of a study since this was asked last."""
        return self._changed.pop(key, ())

    def forget_changes(self, wanted: Container[StudyKey]) -> None:
        """Forget what has changed of studies that nobody will ask about."""
        for key in [key for key in self._changed if key not in wanted]:
            del self._changed[key]

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

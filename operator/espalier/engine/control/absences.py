"""Which named objects are known to be gone, and which vanished without anybody's doing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any

from espalier.engine.control.cache import Object

Name = tuple[str, str]
"""Plural of a kind, and an object's name in its namespace."""

_NOTHING: Mapping[Name, str] = MappingProxyType({})
_REMEMBERED = 1_000
"""How many absences are remembered of a namespace; one that is forgotten is asked for again."""


class Absences:
    """What is known of objects that are not there, by namespace and name.

    A name that no entry tells about is not known to be free: what is not seen may still exist.
    """

    def __init__(self) -> None:
        self._proofs: dict[str, dict[Name, str]] = defaultdict(dict)
        self._restored: dict[str, set[Name]] = defaultdict(set)
        self._cut_short: dict[str, set[Name]] = defaultdict(set)

    def note(self, plural: str, namespace: str, name: str, proof: str) -> None:
        """Remember in words how it is known that an object is gone."""
        self._proofs[namespace][plural, name] = proof

    def note_restored(self, plural: str, obj: Object) -> None:
        """Remember an object that vanished because the cluster went back to an earlier state."""
        self._restored[obj["metadata"].get("namespace", "")].add((plural, obj["metadata"]["name"]))

    def note_cut_short(self, plural: str, obj: Object) -> None:
        """Remember an object that was seen to be deleted before it had come to its end."""
        meta = obj["metadata"]
        self._cut_short[meta.get("namespace", "")].add((plural, meta["name"]))

    def forget(self, plural: str, obj: Object) -> None:
        """Forget an absence: an object of this name is there."""
        namespace, name = obj["metadata"].get("namespace", ""), (plural, obj["metadata"]["name"])
        if namespace in self._proofs:
            self._proofs[namespace].pop(name, None)
        for memory in (self._restored, self._cut_short):
            if namespace in memory:
                memory[namespace].discard(name)

    def proofs(self, namespace: str) -> Mapping[Name, str]:
        """Return what is known to be gone of a namespace's objects, and how."""
        return self._proofs.get(namespace) or _NOTHING

    def restored(self, namespace: str) -> Set[Name]:
        """Return what vanished of a namespace's objects though nobody deleted it."""
        return self._restored.get(namespace) or frozenset()

    def cut_short(self, namespace: str) -> Set[Name]:
        """Return what was seen to be deleted of a namespace's objects before its end."""
        return self._cut_short.get(namespace) or frozenset()

    def clear(self) -> None:
        """Forget all proofs: the cluster has gone back to an earlier state."""
        self._proofs.clear()
        self._cut_short.clear()

    def tidy(self, namespaces: Set[str]) -> None:
        """Keep only what is of namespaces that have studies, and not too much of it."""
        memories: tuple[dict[str, Any], ...] = (self._proofs, self._restored, self._cut_short)
        for memory in memories:
            for namespace in [each for each in memory if each not in namespaces]:
                del memory[namespace]
        for proofs in self._proofs.values():
            if len(proofs) > _REMEMBERED:
                proofs.clear()
        for names in self._cut_short.values():
            if len(names) > _REMEMBERED:
                names.clear()

    def __len__(self) -> int:
        """Return how many absences are remembered."""
        proofs = sum(len(each) for each in self._proofs.values())
        return proofs + sum(len(each) for each in self._restored.values())

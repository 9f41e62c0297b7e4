"""A played API server: objects of any kind, versions, preconditions, subresources, watches.

Everything here happens at one stroke; latency and faults lie between it and the operator (`wire`,
`streams`). Objects are never changed in place: who holds one holds that version.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from espalier.kube import POD, Kind, watched
from espalier.planning.world.observe import timestamp
from tests.simulation import answers

Object = dict[str, Any]
Key = tuple[str, str, str]


class Change(NamedTuple):
    """One version of an object, as watches tell it; `deleted` also where its label is gone."""

    plural: str
    deleted: bool
    obj: Object


class Watch(Protocol):
    """Who is told of changes as they happen."""

    def changed(self, change: Change) -> None:
        """An object was created, changed or deleted."""

    def broken(self) -> None:
        """The connection is gone; whoever watched has to list again."""


@dataclass(frozen=True)
class Write:
    """A write that was carried out: who did what to which object."""

    by: str
    verb: str
    kind: str
    namespace: str
    name: str
    uid: str


class Backup(NamedTuple):
    """All that etcd holds."""

    objects: dict[Key, Object]
    namespaces: dict[str, bool]
    version: int


@dataclass
class ApiServer:
    """The objects of a cluster.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    on_write
        Told of every write.
    """

    clock: Callable[[], float]
    on_write: Callable[[Write, Object], None] = lambda _write, _obj: None
    objects: dict[Key, Object] = field(default_factory=dict)
    version: int = 1000
    namespaces: dict[str, bool] = field(default_factory=lambda: {"n": True})
    unserved_groups: set[str] = field(default_factory=set)
    watches: list[Watch] = field(default_factory=list)
    _serial: Iterator[int] = field(default_factory=itertools.count)

    # -- reading ----------------------------------------------------------------------------

    def of(self, plural: str, namespace: str | None = None) -> list[Object]:
        """Return all objects of a kind."""
        return [
            obj
            for (kind, where, _), obj in self.objects.items()
            if kind == plural and namespace in (None, where)
        ]

    def find(self, plural: str, name: str, namespace: str = "n") -> Object | None:
        """Return an object as a person sees it."""
        return self.objects.get((plural, namespace, name))

    def by_uid(self, plural: str, uid: str) -> Object | None:
        """Return the object with this uid."""
        return next((obj for obj in self.of(plural) if obj["metadata"]["uid"] == uid), None)

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """Answer a GET."""
        what = f"get {kind.path(namespace, name)}"
        self._served(what, kind)
        return self._found(what, kind, namespace, name)

    def list(
        self, kind: Kind, namespace: str | None = None, labels: str = ""
    ) -> tuple[list[Object], str]:
        """Answer a list; the selector names labels that must be there, or have a value."""
        self._served(f"list {kind.path(namespace)}", kind)
        found = [obj for obj in self.of(kind.plural, namespace) if _selected(obj, labels)]
        return found, str(self.version)

    # -- writing ----------------------------------------------------------------------------

    def create(
        self, kind: Kind, namespace: str, body: Mapping[str, Any], by: str, *, dry_run: bool = False
    ) -> Object:
        """Answer a POST."""
        obj: Object = copy.deepcopy(dict(body))
        meta = obj.setdefault("metadata", {})
        name = meta.get("name") or f"{meta.get('generateName', '')}{next(self._serial):x}"
        what = f"create {kind.path(namespace)}"
        self._served(what, kind)
        if namespace not in self.namespaces:
            raise answers.no_namespace(what, namespace)
        if not self.namespaces[namespace]:
            raise answers.terminating(what, kind, name, namespace)
        if (kind.plural, namespace, name) in self.objects:
            raise answers.exists(what, kind, name)
        meta |= {
            "name": name,
            "namespace": namespace,
            "uid": f"{kind.plural[:-1]}-{next(self._serial):05d}",
            "creationTimestamp": timestamp(self.clock()),
            "generation": 1,
        }
        obj |= {"apiVersion": kind.api_version, "kind": kind.name}
        if by != "kubelet":
            obj.pop("status", None)
        if dry_run:
            return obj
        if kind.plural == "events":
            return obj
        self._keep(kind, obj)
        self._written(by, "create", obj, kind)
        return obj

    def merge(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        patch: Mapping[str, Any],
        by: str,
        subresource: str = "",
    ) -> Object:
        """Answer a PATCH by RFC 7386; a status is written by its subresource alone."""
        what = f"patch {kind.path(namespace, name, subresource)}"
        self._served(what, kind)
        old = self._found(what, kind, namespace, name)
        meant = (patch.get("metadata") or {}).get("uid", old["metadata"]["uid"])
        if meant != old["metadata"]["uid"]:
            raise answers.another_uid(what, kind, name, meant, old["metadata"]["uid"])
        kept = {"status": patch.get("status", {})} if subresource else dict(patch)
        if not subresource:
            kept.pop("status", None)
        new = merged(old, kept)
        if new == old:
            return old
        if new.get("spec") != old.get("spec"):
            new["metadata"] = {**new["metadata"], "generation": old["metadata"]["generation"] + 1}
        self._keep(kind, new, old)
        self._written(by, "patch", new, kind)
        return self._settle(kind, new)

    def remove(
        self, kind: Kind, namespace: str, name: str, by: str, uid: str | None = None
    ) -> None:
        """Answer a DELETE in the background; a pod that has processes ends them first."""
        what = f"delete {kind.path(namespace, name)}"
        self._served(what, kind)
        old = self._found(what, kind, namespace, name)
        if uid is not None and uid != old["metadata"]["uid"]:
            raise answers.another_uid(what, kind, name, uid, old["metadata"]["uid"])
        self._written(by, "delete", old, kind)
        if "deletionTimestamp" in old["metadata"]:
            return
        if kind.plural == "pods" or old["metadata"].get("finalizers"):
            meta = {**old["metadata"], "deletionTimestamp": timestamp(self.clock())}
            old = {**old, "metadata": meta}
            self._keep(kind, old, self.objects[kind.plural, namespace, name])
            self._settle(kind, old)
        else:
            self.vanish(kind, old)

    def vanish(self, kind: Kind, obj: Object) -> None:
        """Take an object out for good."""
        meta = obj["metadata"]
        del self.objects[kind.plural, meta["namespace"], meta["name"]]
        self.version += 1
        gone = {**obj, "metadata": {**meta, "resourceVersion": str(self.version)}}
        self._tell(kind, gone, obj, deleted=True)

    def backup(self) -> Backup:
        """Return the state as it is."""
        return Backup(dict(self.objects), dict(self.namespaces), self.version)

    def restore(self, backup: Backup) -> None:
        """Go back to an earlier state, its versions too, as etcd does out of a backup."""
        self.objects, self.namespaces = dict(backup.objects), dict(backup.namespaces)
        self.version = backup.version
        for watch in list(self.watches):
            watch.broken()

    # -- inside -----------------------------------------------------------------------------

    def _served(self, what: str, kind: Kind) -> None:
        if kind.group in self.unserved_groups:
            raise answers.unserved(what)

    def _found(self, what: str, kind: Kind, namespace: str, name: str) -> Object:
        found = self.objects.get((kind.plural, namespace, name))
        if found is None:
            raise answers.not_found(what, kind, name)
        return found

    def _settle(self, kind: Kind, obj: Object) -> Object:
        """Take out what is being deleted and held by nothing any more."""
        meta = obj["metadata"]
        held = meta.get("finalizers") or (kind.plural == POD.plural and not pod_over(obj))
        if "deletionTimestamp" in meta and not held:
            self.vanish(kind, obj)
        return obj

    def _keep(self, kind: Kind, obj: Object, old: Object | None = None) -> None:
        self.version += 1
        obj["metadata"] = {**obj["metadata"], "resourceVersion": str(self.version)}
        meta = obj["metadata"]
        self.objects[kind.plural, meta["namespace"], meta["name"]] = obj
        self._tell(kind, obj, old, deleted=False)

    def _tell(self, kind: Kind, obj: Object, old: Object | None, *, deleted: bool) -> None:
        selector = next((each.label for each in watched() if each.kind == kind), "")
        now, before = _selected(obj, selector), old is not None and _selected(old, selector)
        if not now and not before:
            return
        change = Change(kind.plural, deleted or not now, obj)
        for watch in list(self.watches):
            watch.changed(change)

    def _written(self, by: str, verb: str, obj: Object, kind: Kind) -> None:
        meta = obj["metadata"]
        write = Write(by, verb, kind.plural, meta["namespace"], meta["name"], meta["uid"])
        self.on_write(write, obj)


def pod_over(pod: Object) -> bool:
    """Whether a pod's processes have ended."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def controller_of(obj: Object) -> Mapping[str, Any]:
    """Return an object's controlling owner reference, empty where it has none."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), {})


def merged(old: Any, patch: Any) -> Object:
    """Merge as RFC 7386 says, leaving both as they are."""
    result = dict(old)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            before = result.get(key)
            result[key] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def _selected(obj: Object, labels: str) -> bool:
    mine = obj["metadata"].get("labels") or {}
    for term in filter(None, labels.split(",")):
        label, equals, value = term.partition("=")
        if label not in mine or (equals and mine[label] != value):
            return False
    return True

"""What could not be delivered, in the container's termination message.

The operator reads it from the pod's status, so that a trial that ends while the operator is
away loses nothing. Kubernetes keeps 4096 bytes of it, and of 12 KiB an equal share for each of the
pod's containers: the operator says how much that is.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Mapping, Sequence

from espalier_sidecar.log import log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.spool import Spool
from espalier_sidecar.wire import as_bytes

MAX_BYTES = 4096
SHORTEST_REPORT = len("[0,1,1],")
_HEARD = b',"heard":'
Heard = Callable[[int], bytes]
"""Returns what the collectors have heard, as JSON of so many bytes at most; else nothing."""


def heard_nothing(_room: int) -> bytes:
    """Return nothing."""
    return b""


def last_words(
    newest: Sequence[Report],
    pending: int,
    dropped: int,
    max_bytes: int = MAX_BYTES,
    metric: str = "",
    heard: Heard = heard_nothing,
) -> bytes:
    """Return the message: the newest reports that fit, oldest of them first.

    Parameters
    ----------
    newest
        The newest undelivered reports, oldest first.
    pending
        How many reports are undelivered in all.
    dropped
        How many were lost before, because the spool was full.
    max_bytes
        The longest message that Kubernetes keeps whole.
    metric
        The study's: its reports come before those of others.
    heard
        Fills what room is left.
    """
    around = len(_compose({}, (), pending + dropped)) + len(str(len(newest)))
    names, kept = _fitting(newest, max_bytes - around, metric)
    message = _compose(names, kept, pending - len(kept) + dropped)
    if said := heard(max_bytes - len(message) - len(_HEARD)):
        return b"".join((message[:-1], _HEARD, said, b"}"))
    return message


def _fitting(
    newest: Sequence[Report], room: int, metric: str
) -> tuple[dict[str, int], list[Report]]:
    """Return those that fit, and their names: of the study's metric first, the newest first.

    A name is written once, however many values it has; one for which there is no room leaves out
    its own values alone.
    """
    names: dict[str, int] = {}
    left_out: set[str] = set()
    places: list[int] = []
    for mine in (True, False):
        for place in reversed(range(len(newest))):
            name, *value = newest[place]
            if (name == metric) is not mine or name in left_out:
                continue
            known = name in names
            size = len(as_bytes([names.get(name, len(names)), *value])) + 1
            size += 0 if known else len(as_bytes(name)) + 1
            if size <= room:
                names.setdefault(name, len(names))
                places.append(place)
                room -= size
            else:
                left_out.add(name)
    return names, [newest[place] for place in sorted(places)]


class LastWords:
    """Keeps the termination message up to date; for several threads.

    Each message replaces the one before in a single write, padded to its length: whoever is
    killed at any time leaves a whole message.

    Parameters
    ----------
    spool
        What is not delivered.
    path
        The file that the kubelet reads.
    max_bytes
        How much of it the kubelet keeps.
    metric
        The study's.
    heard
        Says what the collectors have heard, where that is worth telling.
    """

    def __init__(
        self,
        spool: Spool,
        path: str,
        max_bytes: int,
        metric: str,
        heard: Heard,
    ) -> None:
        self._spool = spool
        self._metric = metric
        self._heard = heard
        self._path = path
        self._max_bytes = max_bytes
        self._longest = self._length()
        self._lock = threading.Lock()

    def write(self) -> None:
        """Replace the message by the present state."""
        with self._lock:
            spool = self._spool
            newest = spool.newest(max(1, self._max_bytes // SHORTEST_REPORT))
            message = last_words(
                newest,
                spool.pending,
                spool.dropped,
                self._max_bytes,
                self._metric,
                self._heard,
            )
            self._longest = max(self._longest, len(message))
            try:
                fd = self._open()
                try:
                    os.pwrite(fd, message.ljust(self._longest), 0)
                finally:
                    os.close(fd)
            except OSError as error:
                log_line_limited("last words", f"could not write {self._path}: {error}")

    def _length(self) -> int:
        """Return the length of the message that an earlier container left."""
        try:
            fd = self._open()
        except OSError:
            return 0
        try:
            if os.fstat(fd).st_size > self._max_bytes:
                os.ftruncate(fd, self._max_bytes)
            return os.fstat(fd).st_size
        finally:
            os.close(fd)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(self._path, flags, 0o644)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError("expected a regular file")
        return fd


def _compose(names: Mapping[str, int], reports: Sequence[Report], lost: int) -> bytes:
    # The numbers and names come first: whoever cuts the message cuts its end.
    message = {
        "espalier": 1,
        "lost": max(0, lost),
        "count": len(reports),
        "names": list(names),
        "reports": [(names[metric], step, value) for metric, step, value in reports],
    }
    return as_bytes(message)

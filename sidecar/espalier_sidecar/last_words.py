"""What could not be delivered, in the container's termination message.

The operator reads it from the pod's status, so that a trial that ends while the operator is
away loses nothing. Kubernetes keeps 4096 bytes of it.
"""

import json
from collections.abc import Sequence

from espalier_sidecar.report import Report
from espalier_sidecar.spool import Spool
from espalier_sidecar.voice import say_some

MAX_BYTES = 4096
MOST_THAT_FIT = MAX_BYTES // len('["a",1,1],')


def last_words(newest: Sequence[Report], pending: int, dropped: int) -> bytes:
    """Compose the message: the newest reports that fit, oldest of them first.

    Parameters
    ----------
    newest
        The newest undelivered reports, oldest first.
    pending
        How many reports are undelivered in all.
    dropped
        How many were lost before, because the spool was full.
    """
    frame = len(_compose([], pending + dropped))
    kept = 0
    size = frame
    for report in reversed(newest):
        size += len(json.dumps(report, separators=(",", ":"))) + 1
        if size > MAX_BYTES:
            break
        kept += 1
    tail = list(newest[len(newest) - kept :])
    return _compose(tail, pending - kept + dropped)


def write_last_words(spool: Spool, path: str) -> None:
    """Replace the termination message by the present state."""
    message = last_words(spool.newest(MOST_THAT_FIT), spool.pending, spool.dropped)
    try:
        with open(path, "wb") as file:
            file.write(message)
    except OSError as error:
        say_some("last words", f"could not write {path}: {error}")


def _compose(reports: Sequence[Report], lost: int) -> bytes:
    message = {"espalier": 1, "reports": reports, "lost": max(0, lost)}
    return json.dumps(message, separators=(",", ":")).encode()

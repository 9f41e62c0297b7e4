"""Which file system a path lies on, and whether a database in WAL mode may lie there.

SQLite's write-ahead log needs shared memory and locks that every process on the file sees. Network
and user-space file systems promise neither, and break silently: https://sqlite.org/wal.html,
"All processes using a database must be on the same host computer; WAL does not work over a
network filesystem."
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from espalier.errors import UsageError

_NETWORK = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "gpfs", "lustre",
        "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "pvfs2", "smb2", "smb3", "smbfs", "virtiofs",
    }
)  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")


def kind_of(path: Path, mountinfo: Iterable[str]) -> str:
    """Return the kind of file system that `path` lies on, such as ``ext4``.

    Parameters
    ----------
    path : Path
        An absolute path with no symbolic links in it.
    mountinfo : iterable of str
        Lines of ``/proc/self/mountinfo``, see proc(5).
    """
    best, kind = -1, "unknown"
    for line in mountinfo:
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if not separator or len(fields) < 5:
            continue
        mount = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        # A later line of the same mount point hides the earlier one.
        if len(mount.parts) >= best and path.is_relative_to(mount):
            best, kind = len(mount.parts), after.split()[0]
    return kind


def refuse_network(path: Path, mountinfo: Iterable[str] | None = None) -> None:
    """Raise if `path` lies on a network or user-space file system.

    Raises
    ------
    UsageError
        With the kind that was found and what to use instead.
    """
    if mountinfo is None:
        try:
            mountinfo = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
        except OSError:
            return  # Not Linux: nothing to read it from, and not where an operator runs.
    resolved = Path(os.path.realpath(path))
    kind = kind_of(resolved, mountinfo)
    if kind in _NETWORK or kind == "fuse" or kind.startswith(("fuse.", "fuseblk")):
        raise UsageError(
            "--store",
            f"expected a directory on a local disk or block volume; {resolved} lies on {kind}, "
            "where SQLite's write-ahead log loses data silently; use a volume with access mode "
            "ReadWriteOncePod of a block storage class",
        )

"""One cgroup a cluster holds all that it started, so that `down` finds it after any crash."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tools.cluster.errors import ClusterError
from tools.cluster.layout import Layout

_ROOT = Path("/sys/fs/cgroup")


def make(layout: Layout) -> None:
    """Make the cluster's cgroup; the kubelet puts its pods there, we everything else."""
    for root in _hierarchies():
        folder = root / layout.cgroup
        folder.mkdir(exist_ok=True)
        if _is_unified(root):
            _pass_on_controllers(root)
            _pass_on_controllers(folder)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # version 1 starts with empty sets
            if (root / setting).exists() and not (folder / setting).read_text().strip():
                (folder / setting).write_text((root / setting).read_text())
        if (folder / "cpu.shares").exists():
            # version 1 weighs all pods together like one process outside: too little beside tests
            (folder / "cpu.shares").write_text("4096")
    supervision(layout).mkdir(exist_ok=True)


def supervision(layout: Layout) -> Path:
    """Return the cgroup that the cluster's own processes join."""
    root = _ROOT if _is_unified(_ROOT) else _ROOT / "pids"
    return root / layout.cgroup / "system"


def kill(layout: Layout, seconds: float = 20.0) -> None:
    """Kill every process of the cluster, pods included, and remove the cgroup."""
    deadline = time.monotonic() + seconds
    while members := set(_members(layout)):
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise ClusterError(f"These processes do not end after SIGKILL: {sorted(members)}.")
        time.sleep(0.05)
    for root in _hierarchies():
        for folder in sorted(_tree(root / layout.cgroup), reverse=True):
            _remove(folder, deadline)


def _members(layout: Layout) -> Iterator[int]:
    for root in _hierarchies():
        for folder in _tree(root / layout.cgroup):
            with suppress(FileNotFoundError, OSError):
                yield from map(int, (folder / "cgroup.procs").read_text().split())


def _tree(folder: Path) -> list[Path]:
    return [Path(path) for path, _, _ in os.walk(folder)]


def _remove(folder: Path, deadline: float) -> None:
    """Remove one cgroup; the kernel may need a moment after its last process ended."""
    while folder.exists():
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _hierarchies() -> list[Path]:
    """Return the root of each cgroup hierarchy: one in version 2, several in version 1."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [Path(fields[1]) for fields in mounts if fields[2] in ("cgroup", "cgroup2")]


def _is_unified(root: Path) -> bool:
    return (root / "cgroup.controllers").exists()


def _pass_on_controllers(folder: Path) -> None:
    for controller in (folder / "cgroup.controllers").read_text().split():
        with suppress(OSError):  # one that cannot be had is missed by the kubelet, which says so
            (folder / "cgroup.subtree_control").write_text(f"+{controller}")

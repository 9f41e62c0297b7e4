"""The shared volume at the directories that a trainer writes into.

What the trainer writes to `/work/runs` the sidecar finds in the volume's folder `mounts/work/runs`.
"""

from __future__ import annotations

import posixpath

from espalier.api.checks.template_shape import ROOT
from espalier.api.collectors import CollectorSpec
from espalier.errors import SpecError
from espalier.planning.workload.kind import Manifest
from espalier.planning.world import names

FOLDER = "mounts"
"""The volume's folder in which directories of the trainer's lie."""


def mount_directory(trainer: Manifest, _sidecar: Manifest, collector: CollectorSpec) -> None:
    """Mount the shared volume at the directory that a collector says, if it says one outside of it.

    Of two such directories, one below the other, the outer is mounted: it has the inner in it.

    Raises
    ------
    SpecError
        If the template mounts something there, below or above: one would hide the other.
    """
    directory = collector.settings.directory
    if directory is None or _is_below(directory, names.MOUNT):
        return
    kept = []
    for mount in trainer.get("volumeMounts") or []:
        path = posixpath.normpath(f"/{mount.get('mountPath') or ''}").replace("//", "/")
        ours = mount == _mount(path)
        if ours and _is_below(directory, path):
            return
        if not (ours and _is_below(path, directory)):
            _check_apart(trainer, path, directory)
            kept.append(mount)
    trainer["volumeMounts"] = [*kept, _mount(directory)]


def _mount(directory: str) -> Manifest:
    return {
        "name": names.VOLUME,
        "mountPath": directory,
        "subPath": f"{FOLDER}{directory}",
    }


def _check_apart(trainer: Manifest, path: str, directory: str) -> None:
    if not _is_below(path, directory) and not _is_below(directory, path):
        return
    raise SpecError(
        f"{ROOT}.spec.containers[{trainer.get('name')}].volumeMounts",
        f"expected nothing mounted at, below or above {directory}, where a collector's directory "
        f"puts the volume that trainer and sidecar share, got a mount at {path}; have the trainer "
        "write its values elsewhere than its other files, or to a directory of the volume "
        f"{names.MOUNT}",
    )


def _is_below(path: str, directory: str) -> bool:
    """Whether a path is a directory or lies in it."""
    return f"{path}/".startswith(f"{directory.rstrip('/')}/")

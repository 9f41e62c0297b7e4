"""Write an image of one layer as a `docker-archive`, which buildah and containerd both read."""

import hashlib
import io
import json
import os
import platform
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.cluster.errors import ClusterError

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_archive(
    target: Path,
    name: str,
    contents: Mapping[str, Path],
    *,
    keep: Callable[[str], bool] = lambda _: True,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Write an image.

    Parameters
    ----------
    target
        The archive; it appears whole or not at all.
    name
        Repository and tag.
    contents
        Path inside the image and the file or folder that goes there.
    keep
        Tells by its path inside the image whether a file belongs to it.
    settings
        The image's `config`: entry point, environment and so on.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    layer = target.with_suffix(".layer")
    try:
        with tarfile.open(layer, "w", format=tarfile.GNU_FORMAT) as tar:
            for inside, source in sorted(contents.items()):
                tar.add(source, arcname=inside, filter=lambda item: _checked(item, keep))
        with layer.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        config = json.dumps(_config(digest, settings or {})).encode()
        partial = target.with_suffix(".partial")
        with tarfile.open(partial, "w") as tar:
            tar.add(layer, arcname="layer.tar")
            _add(tar, "config.json", config)
            _add(tar, "manifest.json", _manifest([name]))
        os.replace(partial, target)
    finally:
        layer.unlink(missing_ok=True)


def names_in(archive: Path) -> list[str]:
    """Return the repositories and tags that an archive holds."""
    images = json.loads(_content(archive, "manifest.json"))
    return [name for image in images for name in image.get("RepoTags") or []]


def identity(archive: Path) -> str:
    """Return what tools call the image's ID: the digest of its settings."""
    return hashlib.sha256(_content(archive, "config.json")).hexdigest()


def _content(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        try:
            file = tar.extractfile(name)
        except KeyError:
            file = None
        if file is None:
            raise ClusterError(f"{archive} holds no {name}: expected a docker-archive.")
        return file.read()


def _checked(item: tarfile.TarInfo, keep: Callable[[str], bool]) -> tarfile.TarInfo | None:
    return item if keep(item.name) and not item.isdev() else None


def _config(layer_digest: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    machine = platform.machine()
    return {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": dict(settings),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
        # buildah counts the layers here when it caches steps over this image
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "tests/cluster"}],
    }


def _manifest(names: Sequence[str]) -> bytes:
    return json.dumps(
        [{"Config": "config.json", "RepoTags": list(names), "Layers": ["layer.tar"]}]
    ).encode()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    item = tarfile.TarInfo(name)
    item.size = len(content)
    tar.addfile(item, io.BytesIO(content))

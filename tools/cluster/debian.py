"""Debian packages: installed where the cluster needs them, or only unpacked for one command."""

import os
import subprocess
import tempfile
from pathlib import Path

from tools.cluster.build import locked
from tools.cluster.errors import ClusterError
from tools.cluster.progress import Progress


def install(packages: list[str], progress: Progress) -> None:
    """Install packages with apt, after fetching its lists anew."""
    with progress.step(f"install {', '.join(packages)}"):
        _apt(["update", "-qq"])
        _apt(["install", "-y", "-qq", "--no-install-recommends", *packages])


def prometheus(cache: Path, progress: Progress) -> Path:
    """Return the `prometheus` command, out of Debian's package.

    The package is unpacked, not installed: installing it would start a service.
    """
    binary = cache / "prometheus" / "usr" / "bin" / "prometheus"
    with locked(cache / "prometheus.lock", progress, "another that fetches prometheus"):
        if not binary.exists():
            with progress.step("fetch prometheus"):
                _unpack("prometheus", cache)
    return binary


def _unpack(package: str, cache: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache, prefix=".unpack-") as name:
        folder = Path(name)
        try:
            _apt(["download", "-qq", package], folder)
        except ClusterError:  # a new machine has no lists yet
            _apt(["update", "-qq"])
            _apt(["download", "-qq", package], folder)
        (archive,) = folder.glob("*.deb")
        _run(["dpkg-deb", "--extract", str(archive), str(folder / "root")], folder)
        os.replace(folder / "root", cache / package)


def _apt(words: list[str], folder: Path | None = None) -> None:
    _run(["apt-get", "-o", "APT::Sandbox::User=root", *words], folder)


def _run(command: list[str], folder: Path | None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ClusterError(f"`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")

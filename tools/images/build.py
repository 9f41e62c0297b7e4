"""Builds an image over the base made here, unless nothing that it is made of has changed."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.cluster import requirements
from tools.cluster.build import locked
from tools.cluster.errors import ClusterError
from tools.cluster.images import BASE, offer_base
from tools.cluster.layout import Kind
from tools.cluster.progress import Progress
from tools.images.recipe import ROOT, Recipe, fingerprint
from tools.images.wheels import pip_in, wheelhouse


@dataclass(frozen=True)
class Built:
    """An image in a file."""

    name: str
    archive: Path

    @property
    def megabytes(self) -> float:
        """Its size, unpacked."""
        return self.archive.stat().st_size / 1e6


def build(recipe: Recipe, cache: Path, progress: Progress) -> Built:
    """Give the image's docker-archive; made when an input has changed."""
    short = recipe.name.rpartition("/")[2].partition(":")[0]
    more = [BASE.encode()]
    archive = cache / "images" / f"{short}-{fingerprint(recipe, more)}.tar"
    with locked(cache / "images" / f"{short}.lock", progress, f"another that builds {short}"):
        if not archive.exists():
            _check_tools(progress)
            offer_base(cache, progress)
            wheels = wheelhouse(cache, progress) if recipe.installs else None
            with progress.step(f"build {recipe.name}"):
                _build(recipe, wheels)
            with progress.step(f"pack {recipe.name}"):
                _pack(recipe, archive)
            for old in archive.parent.glob(f"{short}-*.tar"):
                if old != archive:
                    old.unlink()
    return Built(recipe.name, archive)


def _check_tools(progress: Progress) -> None:
    if platform.system() != "Linux" or os.geteuid() != 0:
        raise ClusterError(
            "Images are built here with buildah, as root, on Linux. Elsewhere build them with "
            "docker: each Dockerfile says how in its first lines."
        )
    requirements.check(Kind.FULL, progress)


def _build(recipe: Recipe, wheels: Path | None) -> None:
    command = ["buildah", "build", "--quiet", "--isolation=chroot", "--layers"]
    command += ["--build-arg", f"BASE={BASE}", "--file", recipe.dockerfile]
    if wheels is not None:
        command += ["--volume", f"{wheels}:/wheels:ro"]
        command += ["--build-arg", f"PIP=python3 /wheels/{pip_in(wheels)}/pip"]
        command += ["--build-arg", "PIP_FLAGS=--no-index --find-links=/wheels"]
    _run([*command, "--tag", recipe.name, "."])


def _pack(recipe: Recipe, archive: Path) -> None:
    partial = archive.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    target = f"docker-archive:{partial}:{recipe.name}"
    _run(["buildah", "push", "--quiet", recipe.name, target])
    os.replace(partial, archive)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise ClusterError(f"`{' '.join(command)}` failed:\n{output}")

"""A folder of wheels, so that a build stage without a network or a pip can install from it."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.cluster.build import locked
from tools.cluster.errors import ClusterError
from tools.cluster.progress import Progress
from tools.images.locks import LOCKS, machine, platforms
from tools.images.recipe import ROOT


def wheelhouse(cache: Path, progress: Progress) -> Path:
    """Give a folder that holds the wheels; fetched when other ones are pinned."""
    pins = b"".join((ROOT / path).read_bytes() for path in LOCKS)
    key = hashlib.sha256(pins).hexdigest()[:16]
    folder = cache / "wheels" / key
    with locked(cache / "wheels.lock", progress, "another that fetches wheels"):
        if not folder.is_dir():
            with progress.step("fetch the wheels that the images install"):
                _fetch(folder)
    return folder


def pip_in(folder: Path) -> str:
    """Name the wheel of pip, which runs as it is."""
    return next(folder.glob("pip-*.whl")).name


def _fetch(folder: Path) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(folder.parent, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(partial)]
    command += ["--require-hashes", "--no-deps", "--progress-bar=off", *platforms(machine())]
    for path in LOCKS:
        wanted = [*command, "--requirement", str(ROOT / path)]
        done = subprocess.run(wanted, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ClusterError(f"the wheels of {path} could not be fetched:\n{done.stderr[-2000:]}")
    os.replace(partial, folder)

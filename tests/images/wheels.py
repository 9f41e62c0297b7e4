"""A folder of wheels, so that a build stage without a network or a pip can install from it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.cluster.build import locked
from tests.cluster.errors import ClusterError
from tests.cluster.progress import Progress
from tests.images.recipe import ROOT

PYTHON = "3.11"  # of the base image
EXAMPLES = ("scikit-learn>=1.6,<2", "numpy>=2,<3")


def wanted() -> list[str]:
    """List what the images install, and what installs it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)
    project = settings["project"]
    return [
        *project["dependencies"],
        *project["optional-dependencies"]["fast"],
        *settings["build-system"]["requires"],
        *EXAMPLES,
        "pip",
        "wheel",
    ]


def wheelhouse(cache: Path, progress: Progress) -> Path:
    """Give a folder that holds the wheels; fetched when the requirements are new."""
    key = hashlib.sha256("\n".join(wanted()).encode()).hexdigest()[:16]
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
    command += ["--only-binary=:all:", f"--python-version={PYTHON}", "--progress-bar=off"]
    done = subprocess.run([*command, *wanted()], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"the wheels could not be fetched:\n{done.stderr[-2000:]}")
    os.replace(partial, folder)

"""What the images install, pinned: each version, and the hash of each wheel of it.

`make lock` writes the files; they name versions and hashes, and no place to fetch from.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.images.recipe import ROOT

PYTHON = "3.11"  # of the base image
MACHINES = ("x86_64", "aarch64")
# Those that the C library of the base image can load, the newest first, as pip prefers them.
LIBRARIES = [f"manylinux_2_{minor}" for minor in range(36, 4, -1)]
LIBRARIES += ["manylinux2014", "manylinux2010", "manylinux1"]
HEADER = "# Written by `make lock`: what {file} asks for, with all that it needs.\n"
LOCKS = (
    "operator/requirements.txt",
    "operator/build-requirements.txt",
    "examples/digits/extract-requirements.txt",
    "examples/digits/requirements.txt",
    "examples/trainers/requirements.txt",
)
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+) \\\n(?P<hashes>(?: .*\n)+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pinned:
    """One version of one package, with the hashes of its wheels."""

    name: str
    version: str
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        hashes = " \\\n".join(f"    --hash=sha256:{each}" for each in self.hashes)
        return f"{self.name}=={self.version} \\\n{hashes}\n"


def wanted() -> dict[str, list[str]]:
    """Give the requirements behind each file of pins, by its path."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)
    project = settings["project"]
    installed = [*project["dependencies"], *project["optional-dependencies"]["fast"]]
    building = [*settings["build-system"]["requires"], "pip"]
    numpy = "numpy>=2,<3"
    extracting = ["scikit-learn>=1.6,<2", numpy]
    logging = ["mlflow-skinny>=3.5,<4", "prometheus-client>=0.22,<1", "tensorboardX>=2.6,<3"]
    training = ["lightgbm>=4.6,<5", "xgboost-cpu>=3,<4", *extracting, *logging]
    return dict(zip(LOCKS, (installed, building, extracting, [numpy], training), strict=True))


def read(path: str) -> list[Pinned]:
    """Read a file of pins."""
    text = (ROOT / path).read_text()
    found = _PIN.finditer(text)
    return [Pinned(m["name"], m["version"], tuple(_HASH.findall(m["hashes"]))) for m in found]


def platforms(machine: str) -> list[str]:
    """Give pip's options for the wheels of a machine."""
    options = [f"--platform={library}_{machine}" for library in LIBRARIES]
    return [*options, f"--python-version={PYTHON}", "--only-binary=:all:"]


def write() -> None:
    """Resolve the requirements for each machine, all together, and write the pins."""
    requirements = wanted()
    every = sorted({each for some in requirements.values() for each in some})
    reports = {machine: _resolve(every, machine) for machine in MACHINES}
    for path, some in requirements.items():
        pins: dict[str, list[Pinned]] = {}
        for machine, found in reports.items():
            for name in closure(some, {n: r["metadata"] for n, r in found.items()}, machine):
                pins.setdefault(name, []).append(_pinned(name, found[name]))
        text = "".join(str(_merged(each)) for _, each in sorted(pins.items()))
        (ROOT / path).write_text(HEADER.format(file=_asking(path)) + text)


def closure(
    requirements: Iterable[str], metadata: Mapping[str, Mapping[str, Any]], machine: str
) -> set[str]:
    """Name all packages that requirements need on a machine, by their metadata."""
    environment = {
        **default_environment(),
        "extra": "",
        "platform_machine": machine,
        "python_version": PYTHON,
        "python_full_version": f"{PYTHON}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    found: set[tuple[str, str]] = set()
    queue = [(Requirement(each), "") for each in requirements]
    while queue:
        requirement, extra = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({**environment, "extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for each in {"", *requirement.extras} - {known for n, known in found if n == name}:
            found.add((name, each))
            needs = metadata[name].get("requires_dist", [])
            queue += [(Requirement(need), each) for need in needs]
    return {name for name, _ in found}


def _resolve(requirements: list[str], machine: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--report=-"]
    command += ["--ignore-installed", f"--target={ROOT / 'build'}", *platforms(machine)]
    environment = {**os.environ, "PIP_FIND_LINKS": ""}
    done = subprocess.run(
        [*command, *requirements], capture_output=True, text=True, check=True, env=environment
    )
    installed = json.loads(done.stdout)["install"]
    return {canonicalize_name(each["metadata"]["name"]): each for each in installed}


def _pinned(name: str, report: Mapping[str, Any]) -> Pinned:
    digest = report["download_info"]["archive_info"]["hashes"]["sha256"]
    return Pinned(name, report["metadata"]["version"], (digest,))


def _merged(pins: list[Pinned]) -> Pinned:
    versions = {pin.version for pin in pins}
    if len(versions) != 1:
        raise ValueError(f"{pins[0].name} has no version for all machines: {sorted(versions)}")
    hashes = sorted({each for pin in pins for each in pin.hashes})
    return Pinned(pins[0].name, pins[0].version, tuple(hashes))


def _asking(path: str) -> str:
    return "pyproject.toml" if path.startswith("operator/") else "tools/images/locks.py"


def machine() -> str:
    """Name this machine as wheels do."""
    return {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())


if __name__ == "__main__":
    write()

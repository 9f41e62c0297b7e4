"""Environments with what people train with: libraries too large, or too strict, for our own.

Each is a folder of the cache, made when a test asks for it first and made anew when its
requirements change; `python -m tools.trainers` makes them all. What a file `.alone` names is
installed without what it requires itself, which is too large.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("ESPALIER_CACHE") or Path.home() / ".cache" / "espalier") / "trainers"
NAMES = tuple(sorted(path.stem for path in HERE.glob("*.txt")))


def python_of(name: str) -> str:
    """Return the interpreter of an environment, which is made if need be.

    Parameters
    ----------
    name
        One of `NAMES`: a file of requirements in this folder.
    """
    requirements = HERE / f"{name}.txt"
    alone = HERE / f"{name}.alone"
    wanted = requirements.read_bytes() + (alone.read_bytes() if alone.exists() else b"")
    key = hashlib.sha256(wanted + sys.version.encode()).hexdigest()[:12]
    home = CACHE / f"{name}-{key}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".installed").exists():
            print(f"installing what people train with ({name}) ...", file=sys.stderr, flush=True)
            shutil.rmtree(home, ignore_errors=True)
            venv.create(home, with_pip=True)
            pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-q"]
            subprocess.run([*pip, "-r", str(requirements)], check=True)
            if alone.exists():
                subprocess.run([*pip, "--no-deps", "-r", str(alone)], check=True)
            (home / ".installed").touch()
    return str(home / "bin" / "python")

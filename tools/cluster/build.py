"""Build the parts into the cache: from Go modules, each once a version."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.cluster.errors import ClusterError
from tools.cluster.layout import cache_folder
from tools.cluster.parts import CONTROL_PLANE, NODE, QUEUE, Part, tool
from tools.cluster.progress import Progress

MODULES = Path(__file__).parent / "go"


def build(parts: Sequence[Part], cache: Path, progress: Progress) -> None:
    """Build what the cache lacks; of two that want the same, one waits for the other.

    The queue is built apart from the rest, so that both can be built at the same time.
    """
    if not any(part.missing(cache) for part in parts):
        return
    if shutil.which("go") is None:
        raise ClusterError(
            "The cluster's parts are built with Go 1.26 or later, and there is no `go` on the "
            "PATH. Install it (https://go.dev/doc/install) and try again, or set KUBECONFIG to "
            "use a cluster that you have."
        )
    place, whole = ("build-queue", QUEUE) if parts is QUEUE else ("build", (*CONTROL_PLANE, *NODE))
    with locked(cache / f"{place}.lock", progress, "another build"):
        for part in parts:
            missing = part.missing(cache)
            if missing:
                _build_part(part, missing, cache, cache / f"go-{place}", progress)
        if not any(part.missing(cache) for part in whole):
            # 7 GB that only another version would use
            shutil.rmtree(cache / f"go-{place}", ignore_errors=True)


def start_building_queue() -> subprocess.Popen[bytes] | None:
    """Begin to build the queue beside other work, which goes first; None if it is there.

    Who needs it calls `build`, which waits for it and tells what went wrong.
    """
    if not any(part.missing(cache_folder()) for part in QUEUE):
        return None
    return subprocess.Popen(
        ["nice", "-n", "19", sys.executable, "-m", "tools.cluster", "kueue", "build"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def stop_building(child: subprocess.Popen[bytes]) -> None:
    """End a build that is under way, with the compilers that it has started."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
    child.wait()


@contextmanager
def locked(path: Path, progress: Progress, by: str) -> Iterator[None]:
    """Hold a lock file; say so when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step(f"waiting for {by}"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_part(
    part: Part,
    missing: Sequence[tuple[str, str]],
    cache: Path,
    compiled_packages: Path,
    progress: Progress,
) -> None:
    compiled: deque[str] = deque(maxlen=60)
    count = 0

    def detail() -> str:
        return f", {count} packages compiled" if count else ", fetching modules"

    with (
        tempfile.TemporaryDirectory(dir=cache, prefix=".build-") as folder,
        progress.step(f"build {part.name}", detail),
    ):
        child = subprocess.Popen(
            go_command(part, missing, Path(folder)),
            cwd=MODULES / part.module if part.module else folder,
            env={
                "GOCACHE": str(compiled_packages),
                **os.environ,
                "CGO_ENABLED": "0",
                "GOBIN": folder,
                "GOFLAGS": "-buildvcs=false",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert child.stdout is not None
        for line in child.stdout:
            compiled.append(line)
            count += not line.startswith("go: ")
        if child.wait() != 0:
            raise ClusterError(f"{part.name} could not be built:\n{''.join(compiled)}")
        for command, _ in missing:
            (cache / part.folder).mkdir(parents=True, exist_ok=True)
            os.replace(Path(folder) / command, cache / part.folder / command)


def link_tools(cache: Path) -> Path:
    """Return the folder with the commands that a person wants on the PATH: kubectl and helm."""
    links = cache / "bin"
    links.mkdir(parents=True, exist_ok=True)
    for command in ("kubectl", "helm"):
        target, link = tool(cache, command), links / command
        if target.exists() and not (link.is_symlink() and link.readlink() == target):
            link.unlink(missing_ok=True)
            link.symlink_to(target)
    return links


def go_command(part: Part, commands: Sequence[tuple[str, str]], folder: Path) -> list[str]:
    """Return the command line that builds some of a part's commands into a folder."""
    options = ["-v", "-trimpath", "-ldflags", f"-s -w {part.flags}".strip()]
    packages = [package for _, package in commands]
    if part.module is None:
        return ["go", "install", *options, *(f"{name}@v{part.version}" for name in packages)]
    # one command by its own name: the last word of its package may be another
    target = folder / commands[0][0] if len(commands) == 1 else f"{folder}/"
    return ["go", "build", "-mod=readonly", *options, "-o", str(target), *packages]

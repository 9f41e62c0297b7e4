"""Start and stop processes that outlive the tool, each known by its recorded pid.

A pid alone may have been given to another process since; with the time at which the
process started it names one process for good.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.cluster.errors import ClusterError


@dataclass(frozen=True)
class Process:
    """One process: its pid and when it started, as the system words it."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return _started(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Send a signal, unless the process is gone."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def start(
    name: str,
    arguments: Sequence[str | Path],
    *,
    state: Path,
    environment: Mapping[str, str] | None = None,
    cgroup: Path | None = None,
) -> None:
    """Start a component in the background, unless it runs already with the same command line.

    Its output goes to `logs/NAME.log`, its pid to `pids/NAME`, its command line to
    `commands/NAME` for a person who wants to see or repeat it.
    """
    if runs(state, name, arguments):
        return
    stop(state, [name])
    for folder in ("logs", "pids", "commands"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in arguments]
    (state / "commands" / name).write_text(_shown(words))

    if cgroup is not None:
        words = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(cgroup / "cgroup.procs"), *words]
    with (state / "logs" / f"{name}.log").open("ab") as log:
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    started = _started(child.pid)
    if started is None:
        raise ClusterError(f"{name} ended at once.\n{last_lines(state, name)}")
    (state / "pids" / name).write_text(json.dumps(asdict(Process(child.pid, started))))
    child.returncode = 0  # it is meant to outlive us: no ResourceWarning when this object goes


def runs(state: Path, name: str, arguments: Sequence[str | Path]) -> bool:
    """Tell whether a component runs, and with this very command line."""
    running, command = recorded(state, name), state / "commands" / name
    return bool(running and running.alive() and command.read_text() == _shown(arguments))


def recorded(state: Path, name: str) -> Process | None:
    """Return the process last started under this name."""
    try:
        return Process(**json.loads((state / "pids" / name).read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def recorded_names(state: Path) -> list[str]:
    """Return the names of all components ever started and not yet taken down."""
    folder = state / "pids"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def stop(state: Path, names: Sequence[str], grace: float = 1.0) -> None:
    """Ask the components to end, wait, and kill those that have not."""
    processes = [process for name in names if (process := recorded(state, name))]
    for process in processes:
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(process.alive() for process in processes):
        time.sleep(0.05)
    for process in processes:
        process.signal(signal.SIGKILL)
    while any(process.alive() for process in processes):
        time.sleep(0.02)
    for name in names:
        (state / "pids" / name).unlink(missing_ok=True)


def last_lines(state: Path, name: str, count: int = 15) -> str:
    """Return the end of a component's log and where the rest is."""
    path = state / "logs" / f"{name}.log"
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join([f"--- the end of {path}:", *lines[-count:]])


def _shown(arguments: Sequence[str | Path]) -> str:
    return " \\\n  ".join(map(str, arguments)) + "\n"


def _started(pid: int) -> str | None:
    """Return when the process started; None if there is none, or only its remains."""
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return answer[1].strip() if len(answer) == 2 and not answer[0].startswith("Z") else None

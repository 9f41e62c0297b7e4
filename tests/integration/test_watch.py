"""`espalier watch` in a terminal, at a real API server, from the first frame to the study's end."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.studies import good_study
from tests.integration.api_server import ApiServer, api_server
from tests.patience import PATIENCE

NOW = "2026-01-01T00:00:00Z"
TRIALS, WIDTH, HEIGHT = 30, 100, 20
BEGIN, END = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        server.create(good_study("digits"))
        counts = {"running": 10, "completed": 10, "pruned": 10}
        server.patch("Study", "digits", {"status": {"counts": counts}}, subresource="status")
        for number in range(TRIALS):
            name = f"digits-{number}"
            server.create(
                {
                    "apiVersion": "espalier.dev/v1alpha1",
                    "kind": "Trial",
                    "metadata": {"name": name, "labels": {"espalier.dev/study": "digits"}},
                    "spec": {
                        "study": {"name": "digits"},
                        "parameters": {"lr": 0.001 * (number + 1), "optimizer": "adam"},
                    },
                }
            )
            decision = {
                "action": "Keep",
                "reason": "StartUp",
                "message": "Kept: 1 of 4 start-up trials have completed.",
                "step": 3,
            }
            status = {
                "number": number,
                "phase": ("Running", "Completed", "Pruned")[number % 3],
                "step": 3,
                "latest": (number * 37 % 31) / 31,
                "decision": decision,
            }
            server.patch("Trial", name, {"status": status}, subresource="status")
        yield server


class Terminal:
    """The command at a pseudo-terminal of a fixed size."""

    def __init__(self, server: ApiServer) -> None:
        self._ours, theirs = pty.openpty()
        size = struct.pack("HHHH", HEIGHT, WIDTH, 0, 0)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
        assert fcntl.ioctl(self._ours, termios.TIOCGWINSZ, b"\0" * len(size)) == size
        words = ["watch", f"{server.namespace}/digits", "--kubeconfig", str(server.kubeconfig)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "espalier.cli.main", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        self.sent = b""

    def read_until(self, text: bytes | None) -> None:
        """Read until this has come, to the end if it is None."""
        while text is None or text not in self.sent:
            try:
                part = os.read(self._ours, 1 << 16)
            except OSError:  # how Linux says that the other side is closed
                part = b""
            if not part:
                assert text is None, self.sent.decode()
                return
            self.sent += part


def plain(sent: bytes) -> list[str]:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent.decode()).replace("\r", "").split("\n")


def rows(lines: list[str]) -> list[int]:
    return [int(found[1]) for line in lines if (found := re.match(r" *(\d+)  [A-Z]\w+ ", line))]


def test_a_study_is_followed_to_its_end_without_leaving_frames_behind(server):
    terminal = Terminal(server)
    terminal.read_until(b" more: ")
    terminal.read_until(b"sorted by best")
    done = {"type": "Succeeded", "status": "True", "reason": "AllTrialsEnded", "message": ""}
    done |= {"lastTransitionTime": NOW}
    status = {"status": {"conditions": [done], "completionTime": NOW}}
    server.patch("Study", "digits", status, subresource="status")
    terminal.read_until(None)
    assert terminal.process.wait(timeout=PATIENCE) == 0
    before, _, rest = terminal.sent.partition(BEGIN)
    on_screen, _, after = rest.partition(END)
    assert b"ended" not in before
    frames = [plain(frame) for frame in on_screen.split(b"\x1b[H")]
    assert max(map(len, frames)) <= HEIGHT
    assert max(len(line) for frame in frames for line in frame) <= WIDTH
    assert 5 < max(len(rows(frame)) for frame in frames) < TRIALS
    assert rows(plain(after)) == list(range(TRIALS))


def test_an_interrupt_leaves_the_last_frame_and_says_nothing(server):
    terminal = Terminal(server)
    terminal.read_until(b"sorted by best")
    os.killpg(terminal.process.pid, signal.SIGINT)
    terminal.read_until(None)
    assert terminal.process.wait(timeout=PATIENCE) == 130
    assert b"Traceback" not in terminal.sent
    assert rows(plain(terminal.sent.partition(END)[2])) == list(range(TRIALS))


def test_a_study_that_is_deleted_while_it_is_watched_ends_the_watch_in_a_sentence(server):
    terminal = Terminal(server)
    terminal.read_until(b"sorted by best")
    server.kubectl("delete", "study", "digits")
    terminal.read_until(None)
    assert terminal.process.wait(timeout=PATIENCE) == 2
    assert "there is no study 'digits'" in " ".join(plain(terminal.sent.partition(END)[2]))
    assert b"Traceback" not in terminal.sent

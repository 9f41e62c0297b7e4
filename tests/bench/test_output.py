"""What it costs a trainer that a shell copies what it prints. Prints figures, asserts none.

By turns in one run: by itself, and under the script, with a sidecar that reads and with one that
is stopped; 10⁵ lines a second each, then as fast as it can.
"""

import os
import signal
import statistics
import subprocess
from pathlib import Path

import pytest

from tests.planning.workload.fittings.shells import SHELLS, Started, python
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar

LINES = 300_000
TURNS = 3
PRINTING = """
import os, resource, sys, time
lines, rate = int(sys.argv[1]), float(sys.argv[2])
begun, write = time.perf_counter(), os.write
for line in range(lines):
    if rate and line % 100 == 0:
        while time.perf_counter() - begun < line / rate:
            pass
    write(1, b"Epoch %d/100000 - loss: 0.31234567 - lr: 0.1\\n" % line)
took = time.perf_counter() - begun
sys.stderr.write(f"{took} {took}\\n")
"""


def took(command: list[str], out: Path) -> float:
    """Return how long a trainer printed, as it says itself in its last line."""
    reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=out.open("wb"))
    subprocess.run(command, stdout=reader.stdin, stderr=reader.stdin, check=True)
    assert reader.stdin
    reader.stdin.close()
    reader.wait()
    return float(out.read_bytes().rsplit(b"\n", 2)[1].split()[1])


@pytest.mark.parametrize("rate", [100_000, 0], ids=["100,000 a second", "as fast as it can"])
def test_lines_a_second(rate: int, tmp_path: Path) -> None:
    ingest = FakeIngest(tmp_path)
    sidecar = RunningSidecar(
        tmp_path, ingest.url, ingest.ca_pem, ESPALIER_COLLECTORS='[{"type": "Output"}]'
    )
    trainer = list(python(PRINTING, str(LINES), str(rate)))
    started = Started(next(iter(SHELLS)), sidecar.directory)
    found: dict[str, list[float]] = {"by itself": [], "read": [], "the sidecar is stopped": []}
    for _ in range(TURNS):
        for name, seconds in found.items():
            command = trainer if name == "by itself" else [*started.command, *trainer]
            stopped = name == "the sidecar is stopped"
            os.kill(sidecar.process.pid, signal.SIGSTOP if stopped else signal.SIGCONT)
            seconds.append(took(command, tmp_path / "out"))
    os.kill(sidecar.process.pid, signal.SIGCONT)
    sidecar.kill()
    ingest.close()
    print()
    alone = statistics.median(found["by itself"])
    for name, seconds in found.items():
        median = statistics.median(seconds)
        print(f"  {name:<24} {LINES / median:10.0f} lines/s   {median / alone:6.3f} of the time")

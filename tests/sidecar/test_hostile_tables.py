"""A table that is no table, against the sidecar as a process: its memory, and the other values."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_process import wait_until

Start = Callable[..., RunningSidecar]
RESIDENT = 24 * 1024
"""KiB that a sidecar may have at rest, with its collectors."""


def started(start: Start, path: Path) -> RunningSidecar:
    return start(ESPALIER_COLLECTORS=json.dumps([{"type": "Csv", "csv": {"path": str(path)}}]))


def sparse(path: Path) -> None:
    path.write_text("epoch,loss\n")
    os.truncate(path, 2**30)


def quotes(path: Path) -> None:
    path.write_text("epoch,loss\n" + '"' * 2**21 + "\n" + '1,"a\n' * 2**17)


def commas(path: Path) -> None:
    path.write_text("epoch,loss\n" + ("," * 60_000 + "\n") * 40)


def names(path: Path) -> None:
    path.write_text("," * 60_000 + "\n1,2\n" * 1000)


def long_header(path: Path) -> None:
    path.write_text(",".join(f"name {number}" for number in range(100_000)) + "\n1,2\n")


def binary(path: Path) -> None:
    path.write_bytes(b"epoch,\x1b[2J\0\xff,loss\n" + bytes(range(256)) * 2**13)


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    "lay", [sparse, quotes, commas, names, long_header, binary, link, os.mkfifo]
)
def test_whatever_lies_there_takes_no_memory_and_holds_up_no_value(
    lay: Callable[[Path], None], start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    path = tmp_path / "espalier" / "metrics.csv"
    sidecar = started(start, path)
    lay(path)
    assert sidecar.post({"step": 1, "value": 0.5})[0] == 202
    ingest.wait_for_steps([1])
    path.unlink()
    path.write_text("epoch,loss\n2,0.25\n")
    ingest.wait_for_steps([2])
    assert ingest.stored == [("val_accuracy", 1, 0.5), ("loss", 2, 0.25)]
    assert sidecar.peak_kib() < RESIDENT + 8 * 1024
    assert sidecar.terminate() == 0
    assert "\x1b" not in sidecar.log.read_text()


def table(metrics: int, steps: int) -> str:
    names = [f"metrics/a name as long as YOLO's ({number})" for number in range(metrics)]
    rows = [
        f"{step}{''.join(f',{step}.{place}' for place in range(metrics))}" for step in range(steps)
    ]
    return "\n".join([f"step,{','.join(names)}", *rows, ""])


@pytest.mark.parametrize(("metrics", "steps", "more"), [(8, 200, 0), (998, 20, 2048)])
def test_a_table_that_is_written_anew_is_not_sent_again_and_rests_in_little_memory(
    metrics: int, steps: int, more: int, start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    path = tmp_path / "espalier" / "metrics.csv"
    sidecar = started(start, path)
    path.write_text(table(metrics, steps))
    ingest.wait(lambda: len(ingest.stored) == metrics * steps)
    wait_until(lambda: sidecar.health()["pending"] == 0)
    posts = len(ingest.posts)
    wider = table(metrics, steps).replace("\n", ",\n").replace(",\n", ",new\n", 1)
    path.write_text(wider + f"{steps}{',' * metrics},0.5\n")
    ingest.wait_for_steps([steps])
    assert len(ingest.posts) == posts + 1
    assert sidecar.health()["bad_lines"] == 0
    assert sidecar.resident_kib() < RESIDENT + more

"""Tables as loggers write them, and as nobody should: what is reported, and what is said."""

import json
import math
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from espalier_sidecar.collectors.base import Collector
from espalier_sidecar.collectors.csv_table import read_section
from espalier_sidecar.contract import CollectorContract, polled
from espalier_sidecar.intake import take
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.report import Report
from tests.sidecar.contexts import context_of

NAME = "metrics.csv"


class TestCsv(CollectorContract):
    type = "Csv"

    def section(self, volume: Path) -> dict[str, Any]:
        return {"path": f"{volume}/{NAME}"}

    def write(self, volume: Path, steps: Iterable[int]) -> None:
        with (volume / NAME).open("a") as file:
            if not file.tell():
                file.write("epoch,loss\n")
            file.writelines(f"{step},{step / 3}\n" for step in steps)

    def spoil(self, volume: Path) -> None:
        (volume / NAME).mkdir()


class Table:
    """A table, and a collector over it that may be started again."""

    def __init__(self, folder: Path, **section: Any) -> None:
        self.folder = folder
        self.file = folder / NAME
        self.section = {"path": f"{folder}/{NAME}", **section}
        self.collector = self._made()

    def restart(self) -> None:
        self.collector.close()
        self.collector = self._made()

    def _made(self) -> Collector:
        return read_section(self.section).collector(context_of(self.folder))

    def write(self, text: str | bytes) -> None:
        """Write all of it anew, in place."""
        self.file.write_bytes(text.encode() if isinstance(text, str) else text)

    def append(self, text: str) -> None:
        with self.file.open("a", newline="") as file:
            file.write(text)

    def found(self, last: bool = False) -> list[tuple[str, int, float | None]]:
        found = [tuple(report) for report in polled(self.collector, last)]
        self.collector.kept()
        return found  # type: ignore[return-value]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


WRITTEN: dict[str, tuple[str | bytes, list[tuple[str, int, float]]]] = {
    "Lightning's has sparse rows, and values of one step on several": (
        "epoch,step,train_loss,val_loss\r\n0,9,0.5,\r\n0,9,,0.4\r\n1,19,0.3,\r\n",
        [
            ("epoch", 9, 0),
            ("train_loss", 9, 0.5),
            ("val_loss", 9, 0.4),
            ("epoch", 19, 1),
            ("train_loss", 19, 0.3),
        ],
    ),
    "Keras' says NA where it has no value": (
        "epoch,loss,val_loss\n0,0.5,NA\n1,0.4,0.6\n",
        [("loss", 0, 0.5), ("loss", 1, 0.4), ("val_loss", 1, 0.6)],
    ),
    "YOLO's has spaces around its names and numbers": (
        "               epoch,      train/box_loss, metrics/mAP50-95(B)\n"
        "                   1,              1.2005,             4.2e-06\n",
        [("train/box_loss", 1, 1.2005), ("metrics/mAP50-95(B)", 1, 4.2e-06)],
    ),
    "pandas' index has no name and is no metric": (
        ",epoch,loss\n0,5,0.5\n1,6,0.4\n",
        [("loss", 5, 0.5), ("loss", 6, 0.4)],
    ),
    "without a column of steps the rows are counted": (
        ",loss,acc\n0,0.5,\n1,,0.9\n2,0.4,\n",
        [("loss", 1, 0.5), ("acc", 2, 0.9), ("loss", 3, 0.4)],
    ),
    "an empty row is none": ("loss\n\n0.5\n \n0.4\n", [("loss", 1, 0.5), ("loss", 2, 0.4)]),
    "names are taken from behind a byte order mark": (
        b"\xef\xbb\xbfepoch,loss\r\n3,0.5\r\n",
        [("loss", 3, 0.5)],
    ),
    "semicolons and tabs are taken for what they are": (
        "epoch;loss, total;acc\n3;0.5;0.9\n",
        [("loss, total", 3, 0.5), ("acc", 3, 0.9)],
    ),
    "quotes hold commas and newlines": (
        'epoch,note,"loss, total"\n1,"a, ""b""\nc, 7",0.5\n2,"",0.4\n',
        [("loss, total", 1, 0.5), ("loss, total", 2, 0.4)],
    ),
    "a step may be written with a point, and in capitals": (
        "Epoch,loss\n1.0,0.5\n",
        [("loss", 1, 0.5)],
    ),
    "the step is the first of the list, not of the columns": (
        "epoch,loss,Step\n1,0.5,70\n",
        [("epoch", 70, 1), ("loss", 70, 0.5)],
    ),
    "infinities are numbers, a percentage is the number before it, texts are passed over": (
        "epoch,loss,acc,best,at\n1,-inf,93.1%,True,2026-11-29\n",
        [("loss", 1, -math.inf), ("acc", 1, 93.1)],
    ),
    "a row may lack its last cells": (
        "epoch,loss,val\n1,0.5\n2,0.4,0.6\n",
        [
            ("loss", 1, 0.5),
            ("loss", 2, 0.4),
            ("val", 2, 0.6),
        ],
    ),
    "the header of a second writer is none of the values": (
        "epoch,loss\n1,0.5\nepoch,loss\n2,0.4\nepoch,acc,loss\n3,0.9,0.3\n",
        [("loss", 1, 0.5), ("loss", 2, 0.4), ("acc", 3, 0.9), ("loss", 3, 0.3)],
    ),
    "of two columns with one name the first is it": (
        "epoch,loss,loss\n1,0.5,0.7\n",
        [("loss", 1, 0.5)],
    ),
    "learning rates and times are numbers like any other": (
        "epoch,time,lr\n1,12.5,0.01\n",
        [("time", 1, 12.5), ("lr", 1, 0.01)],
    ),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_table_is_read(table: Table, how: str) -> None:
    text, values = WRITTEN[how]
    table.write(text)
    expected = [
        Report(name, step, value if math.isfinite(value) else None) for name, step, value in values
    ]
    assert table.found() == expected
    assert table.collector.health().bad == 0
    assert table.found() == []


def test_the_study_may_name_the_column_of_the_step(tmp_path: Path) -> None:
    table = Table(tmp_path, step="seen images")
    table.write("seen images,loss\n640,0.5\n")
    assert table.found() == [("loss", 640, 0.5)]


def test_by_epochs_the_global_step_is_no_metric(tmp_path: Path) -> None:
    table = Table(tmp_path, step="epoch")
    table.write("epoch,step,train_loss,val_loss\n0,9,0.5,\n0,19,,0.4\n")
    assert table.found() == [("train_loss", 0, 0.5), ("val_loss", 0, 0.4)]
    assert table.collector.health().bad == 0


def test_a_table_below_a_directory_of_the_trainers_lies_in_the_volume(tmp_path: Path) -> None:
    (tmp_path / "mounts/work/runs/x").mkdir(parents=True)
    (tmp_path / "mounts/work/runs/x" / NAME).write_text("epoch,loss\n1,0.5\n")
    table = Table(tmp_path, path=f"/work/runs/*/{NAME}", directory="/work/runs")
    assert table.found() == [("loss", 1, 0.5)]
    assert table.collector.health().source == f"mounts/work/runs/*/{NAME}"


# -- written anew ----------------------------------------------------------------------------------


def test_a_table_that_is_rewritten_with_a_new_column_gives_its_new_values_only(
    table: Table,
) -> None:
    table.write("epoch,step,train_loss\n0,9,0.5\n0,19,0.4\n")
    assert len(table.found()) == 4
    table.write("epoch,step,train_loss,val_loss\n0,9,0.5,\n0,19,0.4,\n")
    assert table.found() == []
    table.append("0,19,,0.45\n")
    assert table.found() == [("val_loss", 19, 0.45)]
    assert table.collector.health().bad == 0


def test_a_longer_table_under_another_header_is_not_read_on_at_the_old_place(table: Table) -> None:
    table.write("step,a\n1,0.5\n2,0.25\n")
    assert len(table.found()) == 2
    table.write("step,a,b\n1,0.5,10001\n2,0.25,20001\n3,0.125,30001\n")
    assert table.found() == [("b", 1, 10001), ("b", 2, 20001), ("a", 3, 0.125), ("b", 3, 30001)]


@pytest.mark.parametrize("restarted", [False, True])
def test_rows_of_empty_cells_look_alike_and_their_headers_do_not(
    table: Table, restarted: bool
) -> None:
    """As in a table of many metrics; the rows before and behind have the same bytes there."""
    names = [f"m{number:03}" for number in range(300)]

    def text(names: list[str], values: list[str]) -> str:
        rows = "".join(f"{step},{value}{',' * 299}\n" for step, value in enumerate(values))
        return f"step,{','.join(names)}\n{rows}"

    table.write(text(names, ["1.5", "2.5"]))
    assert table.found() == [("m000", 0, 1.5), ("m000", 1, 2.5)]
    if restarted:
        table.restart()
    table.write(text(["a000", *names[1:]], ["1.5", "2.5", "3.5"]))
    assert table.found() == [("a000", 0, 1.5), ("a000", 1, 2.5), ("a000", 2, 3.5)]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_longer_table_under_the_same_header_is_read_from_its_start(
    table: Table, restarted: bool
) -> None:
    table.write("step,loss\n1,0.5\n2,0.25\n")
    assert len(table.found()) == 2
    if restarted:
        table.restart()
    table.write("step,loss\n1,0.5\n2,0.25000\n31,0.4\n")
    assert table.found() == [("loss", 31, 0.4)]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_table_that_another_run_writes_adds_what_is_new_and_changes_nothing(
    table: Table, restarted: bool
) -> None:
    table.write("epoch,loss\n1,0.5\n2,0.4\n3,0.3\n")
    assert len(table.found()) == 3
    if restarted:
        table.restart()
    table.file.unlink()
    table.write("epoch,loss\n1,0.5\n2,0.9\n4,0.2\n")
    assert table.found() == [("loss", 4, 0.2)]
    if not restarted:
        health = table.collector.health()
        assert health.bad == 1
        assert "expected one value of 'loss' at step 2; came 0.9 after 0.4" in health.passed_over


def test_a_row_waits_for_its_end_and_a_cell_that_nobody_ends_is_no_value(table: Table) -> None:
    table.write("epoch,loss,acc\n1,0.5,0.9\n12,0.2")
    assert [report[1] for report in table.found()] == [1, 1]
    table.append("5,0.9")
    assert table.found() == []
    assert table.found(last=True) == [("loss", 12, 0.25)]


def test_rows_that_are_counted_are_counted_from_the_start_of_a_new_table(table: Table) -> None:
    table.write("loss\n0.5\n0.4\n")
    assert table.found() == [("loss", 1, 0.5), ("loss", 2, 0.4)]
    table.restart()
    table.append("0.3\n")
    assert table.found() == [("loss", 3, 0.3)]
    table.write("acc,loss\n,0.5\n,0.4\n,0.3\n0.9,0.2\n")
    assert table.found() == [("acc", 4, 0.9), ("loss", 4, 0.2)]


def test_a_restart_goes_on_under_the_header_that_was_read(table: Table) -> None:
    table.write("epoch;acc;loss\n1;0.9;0.5\n")
    assert len(table.found()) == 2
    table.restart()
    table.append("2;0.8;0.4\n")
    assert table.found() == [("acc", 2, 0.8), ("loss", 2, 0.4)]


def test_a_restart_finds_that_the_table_was_rewritten_meanwhile(table: Table) -> None:
    table.write("step,a\n1,0.5\n2,0.25\n")
    assert len(table.found()) == 2
    table.restart()
    table.write("step,a,b\n1,0.5,\n2,0.25,\n2,,7\n")
    assert table.found() == [("b", 2, 7)]


def test_what_was_kept_may_be_anything(table: Table) -> None:
    table.write("epoch,loss\n1,0.5\n")
    assert table.found() == [("loss", 1, 0.5)]
    for state in ({}, {"header": [0, 1e9, "x"], "tail": "zz"}, {"rows": -3, "floors": [1]}):
        inode = table.file.stat().st_ino
        content = {NAME: [[inode, 11], state]}
        (table.folder / ".sidecar/positions.json").write_text(json.dumps(content))
        table.restart()
        assert table.found() == [("loss", 1, 0.5)]


# -- what cannot be used ---------------------------------------------------------------------------

BAD: dict[str, tuple[str, str, list[int]]] = {
    "more cells than columns": ("1,0,91,0.5\n2,0.5\n", "expected 2 cells", [2]),
    "no number as step": ("one,0.5\n2,0.5\n", "expected a number as 'epoch', the step", [2]),
    "no step": (",0.5\n2,0.5\n", "expected a number as 'epoch'", [2]),
    "half a step": ("1.5,0.5\n2,0.5\n", "say in stepScale", [2]),
    "a decimal comma": ('1,"0,91"\n2,0.5\n', "expected a number with a decimal point", [2]),
    "thousands": ('1,"1,234.5"\n2,0.5\n', "without separators of thousands", [2]),
    "a quote that nothing closes": ('1,"0.5\n2,0.5\n', "", []),
    "zeros": ("\0\0\0\n2,0.5\n", "expected a number as 'epoch'", [2]),
    "a row longer than a chunk": (f"1,{'x' * (3 * CHUNK)}\n2,0.5\n", "less than 65536", [2]),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_row_is_said_and_takes_no_other_with_it(table: Table, what: str) -> None:
    rows, message, steps = BAD[what]
    table.write("epoch,loss\n" + rows)
    assert [report[1] for report in table.found()] == steps
    health = table.collector.health()
    assert health.bad == bool(message)
    assert message in health.passed_over


def test_a_bad_cell_takes_no_other_with_it(table: Table) -> None:
    table.write('epoch,loss,acc\n1,"0,91",0.5\n')
    assert table.found() == [("acc", 1, 0.5)]
    assert table.collector.health().bad == 1


def test_a_quote_that_nothing_closes_ends_with_its_line_once_it_is_known(table: Table) -> None:
    table.write('epoch,loss,note\n1,0.5,"so\n2,0.4,b\n')
    assert table.found() == []
    assert table.found(last=True) == [("loss", 1, 0.5), ("loss", 2, 0.4)]
    table.write('epoch,loss,note\n1,0.5,"so\n' + "2,0.4,b\n" * CHUNK + "3,0.3,c\n")
    assert table.found() == [("loss", 3, 0.3)]


NO_TABLE = {
    "numbers only": ("1,2,3\n4,5,6\n", "expected names of columns in the first line"),
    "a header of a megabyte": (
        f"epoch,{'x' * 2**20},loss\n1,2,3\n",
        "expected names of columns in the first 65536 bytes",
    ),
    "zeros": ("\0" * 3 * CHUNK, "expected names of columns"),
}


@pytest.mark.parametrize("what", NO_TABLE)
def test_what_is_no_table_is_the_tables_fault_until_it_is_one(table: Table, what: str) -> None:
    text, message = NO_TABLE[what]
    table.write(text)
    assert table.found() == []
    assert message in table.collector.health().fault
    table.write("epoch,loss\n1,0.5\n")
    assert table.found() == [("loss", 1, 0.5)]
    assert table.collector.health().fault == ""


def test_a_step_that_no_column_has_is_the_tables_fault(tmp_path: Path) -> None:
    table = Table(tmp_path, step="steps")
    table.write("step,loss\n1,0.5\n")
    assert table.found() == []
    assert (
        "expected a column 'steps', the step; came 'step', 'loss'" in table.collector.health().fault
    )


def test_columns_that_cannot_be_metrics_are_said_once_and_the_others_read(table: Table) -> None:
    table.write("epoch,\x1b[31mred,loss\n" + "".join(f"{step},1,0.5\n" for step in range(9)))
    assert len(table.found()) == 9
    health = table.collector.health()
    assert health.bad == 1
    assert "\x1b" not in health.passed_over


def test_a_thousand_columns_are_read_and_more_are_refused(table: Table) -> None:
    names = [f"m{number}" for number in range(1000)]
    table.write(f"step,{','.join(names[1:])}\n1{',0.5' * 999}\n2{',0.5' * 999}\n")
    assert len(table.found()) == 2 * 999
    table.write(f"step,{','.join(names)}\n1{',0.5' * 1000}\n3{',0.5' * 1000}\n")
    assert table.found() == []
    assert "expected at most 1000 columns; came 1001" in table.collector.health().fault


@pytest.mark.parametrize("lie", ["link", "fifo", "folder", "gone"])
def test_a_table_that_is_no_file_any_more_harms_nothing_and_may_come_back(
    table: Table, lie: str
) -> None:
    table.write("epoch,loss\n1,0.5\n")
    assert len(table.found()) == 1
    table.file.unlink()
    if lie == "link":
        table.file.symlink_to("/etc/passwd")
    elif lie == "fifo":
        os.mkfifo(table.file)
    elif lie == "folder":
        table.file.mkdir()
    assert table.found() == []
    assert ("regular file" in table.collector.health().fault) == (lie != "gone")
    if lie == "folder":
        table.file.rmdir()
    elif lie != "gone":
        table.file.unlink()
    table.write("epoch,loss\n1,0.5\n2,0.4\n")
    assert table.found() == [("loss", 2, 0.4)]


def test_a_gigabyte_without_a_newline_is_passed_over_a_chunk_at_a_time(table: Table) -> None:
    table.write("epoch,loss\n1,0.5\n")
    os.truncate(table.file, 2**26)
    table.append("\n2,0.4\n")
    assert table.found() == [("loss", 1, 0.5), ("loss", 2, 0.4)]
    assert table.collector.health().bad == 1


def test_the_rest_is_left_out_where_there_is_no_time_for_it(table: Table) -> None:
    rows = 3 * CHUNK // len("1000,0.5\n")
    table.write("epoch,loss\n" + "".join(f"{step},0.5\n" for step in range(rows)))
    table.collector.poll(0.0, False)
    table.collector.skip()
    steps = [report[1] for report in table.found(last=True)]
    assert steps == list(range(steps[0], rows))
    assert steps[0] > 1
    assert table.collector.health().bad == 0


@pytest.mark.parametrize("metrics", [1, 7, 500])
def test_many_chunks_are_read_at_once_wherever_a_poll_ends_in_them(
    table: Table, metrics: int
) -> None:
    names = [f"m{number}" for number in range(metrics)]
    rows = 6 * CHUNK // (5 * metrics)
    table.write(
        f"step,{','.join(names)}\n" + "".join(f"{row}{',0.25' * metrics}\n" for row in range(rows))
    )
    assert len(table.found(last=True)) == metrics * rows


def test_without_time_one_row_is_read(table: Table) -> None:
    table.write("epoch,loss\n1,0.5\n2,0.4\n")
    for _ in range(9):
        assert len(table.collector.poll(0.0, False).reports) <= 1


def test_known_values_stay_few_and_a_rewritten_table_gives_none_twice(table: Table) -> None:
    rows = "".join(f"{step},{step / 7},{step % 5}\n" for step in range(12_000))
    table.write("step,a,b\n" + rows)
    assert len(table.found()) == 24_000
    wider = "".join(f"{step},{step / 7},{step % 5},{step}\n" for step in range(12_000))
    table.write("step,a,b,c\n" + wider)
    assert {report[0] for report in table.found()} == {"c"}


def test_what_is_taken_is_spooled_and_kept(table: Table) -> None:
    class Spool:
        def append(self, reports: list[Report]) -> None:
            spooled.extend(reports)

    spooled: list[Report] = []
    table.write("epoch,loss\n1,0.5\n2,0.4\n")
    assert not take(table.collector, Spool(), time.monotonic() + 60)  # type: ignore[arg-type]
    assert [report.step for report in spooled] == [1, 2]

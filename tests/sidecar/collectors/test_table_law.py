"""Whatever a logger does with its table, and the sidecar meanwhile, what arrives is what it logged.

The logger is like Lightning's: it appends sparse rows, writes the table anew when a column comes,
in pieces or as a new file, and sometimes another run begins it anew.
"""

import csv
import io
import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.report import Report
from tests.sidecar.collectors.test_csv_table import Table

NAMES = ("acc", "epoch", "loss", "lr", "step_time", "val/loss")


class Logger:
    """Writes a table as Lightning's does, and knows which values are whole in the file."""

    def __init__(self, table: Table, stepped: bool) -> None:
        self.table = table
        self.stepped = stepped
        self.columns: list[str] = ["step"] if stepped else []
        self.rows: list[dict[str, str]] = []
        self.logged: dict[tuple[str, int], float] = {}
        self.half = ""

    def log(self, values: dict[str, float], replace: bool, pieces: int) -> None:
        self.finish()
        # Without a column of steps an epoch would be one.
        names = {"epoch": "epoch" if self.stepped else "epochs"}
        row = {names.get(name, name): repr(value) for name, value in values.items()}
        if self.stepped:
            row["step"] = str(len(self.rows))
        self.rows.append(row)
        new = sorted(row.keys() - set(self.columns))
        if new or not self.table.file.exists():
            self.columns = sorted([*self.columns, *new])
            self.write_anew(replace, pieces)
        else:
            self.table.append(self.line(row))
        self.know()

    def begin_to_log(self, value: float) -> None:
        """Write the first half of a row, which a buffer that is full does."""
        if "loss" not in self.columns or self.half or not self.table.file.exists():
            return
        row = {"loss": repr(value), "step": str(len(self.rows))}
        self.rows.append({name: row[name] for name in row if name in self.columns})
        line = self.line(row)
        self.table.append(line[: len(line) // 2])
        self.half = line[len(line) // 2 :]

    def finish(self) -> None:
        self.table.append(self.half) if self.half else None
        self.half = ""
        self.know()

    def write_anew(self, replace: bool, pieces: int) -> None:
        text = ",".join(self.columns) + "\n" + "".join(self.line(each) for each in self.rows)
        if replace:
            other = self.table.folder / "other"
            other.write_text(text)
            os.replace(other, self.table.file)
            return
        size = len(text) // pieces + 1
        self.table.write("")
        for at in range(0, len(text), size):
            self.table.append(text[at : at + size])
            if pieces > 1:
                self.table.poll()

    def begin_again(self, delete: bool) -> None:
        self.finish()
        self.rows, self.columns = [], ["step"] if self.stepped else []
        if delete:
            self.table.file.unlink(missing_ok=True)
        elif self.table.file.exists():
            self.table.write("")

    def know(self) -> None:
        """Whole rows are what a reader may find; the first value of a step stands."""
        for number, row in enumerate(self.rows):
            step = int(row["step"]) if self.stepped else number + 1
            for name in row.keys() - {"step"}:
                self.logged.setdefault((name, step), float(row[name]))

    def line(self, row: dict[str, str]) -> str:
        return ",".join(row.get(name, "") for name in self.columns) + "\n"


class Watched(Table):
    """A table whose reports are kept as the operator keeps them: the first stands."""

    def __init__(self, folder: Path) -> None:
        self.arrived: dict[tuple[str, int], float | None] = {}
        self.times: dict[tuple[str, int], int] = {}
        self.different: list[Report] = []
        super().__init__(folder)

    def poll(self, until: float | None = None, keep: bool = True, last: bool = False) -> None:
        more = True
        while more:
            ends = time.monotonic() + 60 if until is None else until
            reports, more = self.collector.poll(ends, last)
            for report in reports:
                key = report.metric, report.step
                self.times[key] = self.times.get(key, 0) + 1
                if self.arrived.setdefault(key, report.value) != report.value:
                    self.different.append(report)
            more = more and until is None
        if keep:
            self.collector.kept()


VALUES = st.dictionaries(
    st.sampled_from(NAMES), st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=3
)
ACTS = st.one_of(
    st.tuples(st.just("log"), VALUES, st.booleans(), st.integers(1, 3)),
    st.tuples(st.just("begin to log"), st.floats(-10, 10)),
    st.tuples(st.just("begin again"), st.booleans()),
    st.tuples(st.just("poll")),
    st.tuples(st.just("hurry")),
    st.tuples(st.just("poll and die")),
    st.tuples(st.just("restart")),
)


def carried_out(
    acts: list[tuple[object, ...]], stepped: bool, folder: Path
) -> tuple[Watched, Logger]:
    table = Watched(folder)
    logger = Logger(table, stepped)
    for act, *more in acts:
        if act == "log":
            logger.log(*more)  # type: ignore[arg-type]
        elif act == "begin to log":
            logger.begin_to_log(*more)  # type: ignore[arg-type]
        elif act == "begin again":
            # What is deleted before anybody has read it is lost.
            logger.finish()
            table.poll()
            logger.begin_again(*more)  # type: ignore[arg-type]
        elif act == "restart":
            table.restart()
        else:
            table.poll(0.0 if act == "hurry" else None, keep=act != "poll and die")
            if act == "poll and die":
                table.restart()
    logger.finish()
    table.poll()
    table.poll(last=True)
    return table, logger


@pytest.mark.parametrize("stepped", [True, False])
@given(acts=st.lists(ACTS, max_size=25))
@settings(deadline=None, max_examples=150)
def test_what_arrives_is_what_was_logged(stepped: bool, acts: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        table, logger = carried_out(acts, stepped, Path(name))
        assert table.arrived.items() <= logger.logged.items()
        restarts = any(act[0] in ("restart", "poll and die") for act in acts)
        again = any(act[0] == "begin again" for act in acts)
        if not (restarts and again):
            assert table.arrived == logger.logged
        if not restarts:
            assert set(table.times.values()) <= {1}
        if not (restarts and again):
            assert table.different == []
        table.collector.close()


TEXTS = st.text(st.sampled_from("ab,;\t\"'\r\n 7\0é"), max_size=8)


@given(
    rows=st.lists(st.tuples(TEXTS, st.floats(allow_nan=False, allow_infinity=False)), max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    cuts=st.lists(st.integers(1, 40), max_size=20),
)
@settings(deadline=None, max_examples=200)
def test_whatever_text_stands_in_its_cells_a_tables_numbers_arrive(
    rows: list[tuple[str, float]], end: str, delimiter: str, cuts: list[int]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(["note", "epoch", "acc", "loss", "another note"])
    for step, (note, value) in enumerate(rows):
        writer.writerow([f"{note} is text", step, "", repr(value), f"so is {note}"])
    content = text.getvalue().encode()
    with tempfile.TemporaryDirectory() as name:
        table, at = Watched(Path(name)), 0
        table.write("")
        for cut in [*cuts, len(content)]:
            with table.file.open("ab") as file:
                file.write(content[at : at + cut])
            at += cut
            table.poll()
        assert table.arrived == {("loss", step): value for step, (_, value) in enumerate(rows)}
        assert table.collector.health().bad == 0
        table.collector.close()

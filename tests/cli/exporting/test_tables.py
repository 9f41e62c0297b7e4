"""Whatever stands in a log, a table has it in its place, and a spreadsheet runs none of it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.cli.exporting.csv_lines import csv_lines
from espalier.cli.exporting.tables import TABLES, time_text
from espalier.cli.main import main
from espalier.study_log.read_lines import read_lines

EVIL = st.sampled_from(
    [
        "=1+1",
        "+1+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "-2+3",
        ";=1+1",
        "\t=1",
        "\r\n=1",
        '"=1',
        "<script>alert(1)</script>",
        "\x1b[31m",
        "\x00",
        "\u202eevil",
        "a,b\nc",
        "\ud800",
        "NaN",
        "1e5",
        "＝1",
    ]
)
TEXTS = EVIL | st.text(max_size=8)
VALUES = (
    TEXTS
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_infinity=False, allow_nan=False)
)
SETTINGS = {"metric": "loss", "direction": "Minimize", "horizon": 9, "uid": "u", "target": None}
SETTINGS |= {"seed": 0, "trials": 9, "pruner": {"type": "Nop"}, "pruning": {}}
RISKY = re.compile(r"[=+\-@＝＋－＠\t\r]")


@st.composite
def logs(draw: st.DrawFn) -> list[str]:
    """Draw a log whose texts are anybody's."""
    study = {"kind": "study", "uid": "u", "namespace": draw(TEXTS), "name": draw(TEXTS)}
    rows: list[dict[str, Any]] = [study | {"settings": SETTINGS}]
    count = draw(st.integers(1, 3))
    for number in range(count):
        parameters = draw(st.dictionaries(TEXTS, VALUES, max_size=3))
        made = {"name": draw(TEXTS), "origin": "Sampled", "template": 0, "parameters": parameters}
        at = {"created_at": 1e9, "started_at": None}
        rows.append({"kind": "trial", "trial": number} | made | at)
    for seq, number in enumerate(range(count), 1):
        at = {"seq": 2 * seq, "trial": number, "at": 1e9 + seq}
        observed = {"kind": "observation", "attempt": 1, "metric": draw(st.just("loss") | TEXTS)}
        rows.append(at | observed | {"step": 1, "value": draw(st.none() | st.floats(-9, 9))})
        end = {"kind": "end", "state": "Failed", "reason": draw(TEXTS), "message": draw(TEXTS)}
        rows.append(at | end | {"seq": 2 * seq + 1})
    return [json.dumps(row) for row in rows]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@given(logs(), st.sampled_from(sorted(TABLES)))
@settings(deadline=None)
def test_no_cell_is_a_formula_and_each_row_is_a_line(lines: list[str], what: str) -> None:
    table = TABLES[what](read_lines(lines, "log"))
    width = len(table.columns)
    for line in csv_lines(table):
        assert line.isprintable()
        (cells,) = csv.reader([line], strict=True)
        assert len(cells) == width
        for cell in cells:
            if RISKY.match(cell):
                float(cell)


@given(logs())
@settings(deadline=None)
def test_trials_keep_their_numbers_and_what_is_harmless(lines: list[str]) -> None:
    made = [row for row in map(json.loads, lines) if row["kind"] == "trial"]
    text = "\n".join(csv_lines(TABLES["trials"](read_lines(lines, "log"))))
    for row, trial in zip(rows_of(text), made, strict=True):
        assert int(row["number"]) == trial["trial"]
        if trial["name"].isascii() and trial["name"].isalnum():
            assert row["name"] == trial["name"]
        for name, value in trial["parameters"].items():
            if name.isascii() and name.isalnum() and isinstance(value, int | float):
                found = row[f"params_{name}"]
                assert (
                    found == str(value).lower()
                    if isinstance(value, bool)
                    else float(found) == value
                )


FORMS = (
    ("csv",),
    ("csv", "--what", "curves"),
    ("parquet",),
    ("optuna-journal",),
    ("optuna-sqlite",),
)


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
@given(lines=logs())
@settings(max_examples=25, deadline=None)
def test_every_format_takes_whatever_there_is(form: tuple[str, ...], lines: list[str]) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "log.jsonl").write_text("\n".join(lines))
        words = ["export", "--from", f"{folder}/log.jsonl", "--format", *form, "-O", f"{folder}/to"]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
        if form == ("csv",):
            pd.read_csv(f"{folder}/to")
        if form == ("parquet",):
            pd.read_parquet(f"{folder}/to")


@given(st.floats(0, 4e9))
def test_a_time_is_read_again_to_the_millisecond(at: float) -> None:
    read = pd.Timestamp(time_text(at)).timestamp()
    assert math.isclose(read, at, abs_tol=0.0011)

"""Cells of a CSV file that no spreadsheet runs and no terminal obeys."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.views.csv_cells import cell, csv_rows, csv_table

STARTS = "=+-@\t\r＝＋－＠−"


@given(st.text())
def test_no_cell_of_any_text_is_a_formula_or_has_a_control_character(text: str) -> None:
    shown = cell(text)
    assert shown.isprintable()
    for part in shown.split(";"):
        bare = part.strip(' "')
        assert not bare or bare[0] not in STARTS or (part == shown and _is_number(bare))


def _is_number(text: str) -> bool:
    try:
        return float(text) is not None
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\t=1", "\\t=1"),
        ('a;"=1', "a;\"'=1"),
        (" =1", " '=1"),
        ("-1.5e-3", "-1.5e-3"),
        ("+7", "+7"),
        ("-inf", "'-inf"),
        ("adam", "adam"),
        ("a-b=c", "a-b=c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_texts_are_shown_as_texts(text: str, shown: str) -> None:
    assert cell(text) == shown


@given(st.floats(allow_nan=False) | st.integers())
def test_a_number_stays_the_number_that_it_is(value: float) -> None:
    assert type(value)(cell(value)) == value


def test_what_is_no_text_has_one_form_each() -> None:
    assert [cell(each) for each in (None, True, [1, "a"], {"b": None})] == [
        *("", "true", '[1, "a"]', '{"b": null}')
    ]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_a_row_is_one_line_and_reads_back(rows: list[list[str]]) -> None:
    lines = list(csv_rows(["a", "b"], rows))
    assert len(lines) == len(rows) + 1
    back = list(csv.reader(io.StringIO("\n".join(lines))))
    assert back == [["a", "b"], *([cell(each) for each in row] for row in rows)]


def test_views_of_unlike_fields_share_a_table() -> None:
    views = [{"n": 1, "parameters": {"lr": 0.1}}, {"n": 2, "parameters": None, "x": "=1"}]
    assert list(csv_table(views)) == ["n,parameters.lr,parameters,x", "1,0.1,,", "2,,,'=1"]

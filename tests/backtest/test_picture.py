"""Pictures are documents in which nothing is cut off or covered."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.backtest.compare import compare, picture
from espalier.backtest.labels import Box, placed, width
from espalier.backtest.measure import Setting
from espalier.backtest.picture import Point, Series, draw, percent_axis, root_axis
from tests.backtest.test_simulate import AUTO, NOP, made

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(SHARES)
def test_an_axis_holds_every_value_and_ends_in_ticks(values):
    for axis in (percent_axis("x", values), root_axis("x", values)):
        assert axis.low <= min(values)
        assert axis.high >= max(values)
        assert axis.ticks[0] == axis.low
        assert axis.ticks[-1] == axis.high
        assert 0.0 <= axis.share(values[0]) <= 1.0


def test_on_a_root_axis_the_stated_and_its_multiple_are_straight_lines():
    axis = root_axis("x", [1.0])
    assert axis.share(0.02) / axis.share(0.08) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), max_size=12))
def test_labels_cover_neither_each_other_nor_leave_the_frame(points):
    frame = Box(0, 0, 200, 200)
    texts = ["0.05"] * len(points)
    boxes = [box for box in placed(points, texts, [], frame) if box is not None]
    for i, box in enumerate(boxes):
        assert frame.holds(box)
        assert not any(box.shared(other) for other in boxes[:i])


def test_a_lone_label_is_written_beside_its_point():
    (box,) = placed([(50, 50)], ["8%"], [], Box(0, 0, 100, 100))
    assert box is not None
    assert box.right - box.left == pytest.approx(width("8%"))


def test_the_legend_takes_the_room_that_its_longest_label_needs():
    points = [Point(0.1, 0.1), Point(0.5, 0.3)]
    axis = percent_axis("x", [0.5])
    short, long = (
        draw("t", axis, axis, [Series(label, points)]) for label in ("Auto", "Median " * 12)
    )
    sizes = [int(re.search(r'viewBox="0 0 (\d+)', drawn)[1]) for drawn in (short, long)]
    assert sizes[1] - sizes[0] > 300


def test_more_pruners_than_rows_make_the_picture_taller():
    axis = percent_axis("x", [0.5])
    series = [Series(f"pruner {i}", [Point(0.1, 0.1)], joined=False) for i in range(40)]
    drawn = draw("t", axis, axis, series)
    assert int(re.search(r'viewBox="0 0 \d+ (\d+)', drawn)[1]) > 800


def test_a_comparison_is_a_document_that_names_every_pruner():
    results = compare([AUTO, NOP], [made(12, 8)], Setting(orders=1))
    drawn = picture(results, 'made & "drawn"')
    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Auto", "Nop", 'made & "drawn"', "compute saved"} <= set(texts)

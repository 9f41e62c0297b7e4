"""Pictures are documents in which nothing is cut off or covered."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from espalier.backtest.compare import compare, picture
from espalier.backtest.measure import Setting
from espalier.backtest.picture import (
    Axis,
    Point,
    Series,
    draw,
    figure,
    percent_axis,
    require_matplotlib,
    root_axis,
)
from espalier.errors import UsageError
from tests.backtest.test_simulate import AUTO, NOP, made

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@settings(deadline=None, max_examples=15)
@given(SHARES)
def test_an_axis_holds_every_value_and_ends_in_ticks(values):
    for axis in (percent_axis("x", values), root_axis("x", values)):
        assert axis.low <= min(values)
        assert axis.high >= max(values)
        assert axis.ticks[0] == axis.low
        assert axis.ticks[-1] == axis.high
        assert 0.0 <= shares_of(axis, [values[0]])[0] <= 1.0


def shares_of(axis: Axis, values: list[float]) -> list[float]:
    """Return where values come to lie on an axis, between its ends at 0 and 1."""
    (axes,) = figure("t", axis, axis, [Series("s", [Point(axis.low, axis.low)])]).axes
    places = axes.transData.transform([(value, axis.low) for value in values])
    return [float(across) for across, _ in axes.transAxes.inverted().transform(places)]


def test_on_a_root_axis_the_stated_and_its_multiple_are_straight_lines():
    two, eight = shares_of(root_axis("x", [1.0]), [0.02, 0.08])
    assert two / eight == pytest.approx(0.5)


def written(points: list[Point]) -> tuple[Axes, list[Annotation]]:
    """Draw points; return the axes, and the labels for which there was room."""
    axis = percent_axis("x", [0.0, 1.0])
    (axes,) = figure("t", axis, axis, [Series("Auto", points)]).axes
    return axes, [each for each in axes.texts if isinstance(each, Annotation)]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=12))
def test_labels_cover_neither_each_other_nor_leave_the_frame(points):
    axes, labels = written([Point(x, y, "0.05") for x, y in points])
    boxes = [each.get_window_extent() for each in labels]
    for i, box in enumerate(boxes):
        assert axes.get_window_extent().y0 <= box.y0
        assert axes.get_window_extent().y1 >= box.y1
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_a_lone_label_is_written_beside_its_point():
    axes, (label,) = written([Point(0.5, 0.5, "8%")])
    across, down = axes.transData.transform((0.5, 0.5))
    box = label.get_window_extent()
    assert 0 < box.x0 - across < 15
    assert 0 < box.y0 - down < 15


def test_the_ends_of_a_line_are_labelled_before_what_lies_between():
    near = [Point(0.5 + 0.001 * i, 0.5, str(i)) for i in range(9)]
    _, labels = written(near)
    assert {"0", "8"} <= {each.get_text() for each in labels}
    assert len(labels) < len(near)


def test_the_legend_takes_the_room_that_its_longest_label_needs():
    points = [Point(0.1, 0.1), Point(0.5, 0.3)]
    axis = percent_axis("x", [0.0, 0.5])
    short, long = (
        draw("t", axis, axis, [Series(label, points)]) for label in ("Auto", "Median " * 12)
    )
    assert size(long)[0] - size(short)[0] > 300


def test_more_pruners_than_rows_make_the_picture_taller():
    axis = percent_axis("x", [0.0, 0.5])
    series = [Series(f"pruner {i}", [Point(0.1, 0.1)], joined=False) for i in range(60)]
    assert size(draw("t", axis, axis, series))[1] > 2 * size(draw("t", axis, axis, series[:5]))[1]


def test_the_same_figures_make_the_same_file():
    axis = percent_axis("x", [0.0, 0.5])
    series = [Series("Auto", [Point(0.1, 0.1, "8%", 0.05, 0.2)])]
    assert draw("t", axis, axis, series) == draw("t", axis, axis, series)


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr("espalier.backtest.picture.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"--picture.*pip install '\.\[pictures\]'"):
        require_matplotlib()


def size(drawn: str) -> tuple[float, float]:
    """Return how wide and how high a picture is, in points."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)
    return float(found[1]), float(found[2])


def test_a_comparison_is_a_document_that_names_every_pruner():
    results = compare([AUTO, NOP], [made(12, 8)], Setting(orders=1))
    drawn = picture(results, 'made & "drawn"')
    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Auto", "Nop", 'made & "drawn"', "compute saved"} <= set(texts)

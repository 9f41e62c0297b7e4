"""The parameters in one line: in the Study's order, short, and harmless in a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.trial import MOST_LINE
from espalier.planning.status.parameters_line import parameters_line
from tests.planning.worlds import study

SPEC = study(
    parameters=[
        {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
        {"name": "lr", "float": {"min": 0.0001, "max": 1.0}},
    ]
).spec
scalars = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=60)


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"lr": 0.000316227766, "optimizer": "sgd"}, "optimizer=sgd lr=0.0003162"),
        ({"lr": 1e-07, "other": True}, "lr=1e-07 other=true"),
        ({"optimizer": "a\x1b[2Jb\n"}, "optimizer=a?[2Jb?"),
        ({"layers": 12345678}, "layers=12345678"),
        ({}, ""),
    ],
)
def test_the_line(parameters, line):
    assert parameters_line(parameters, SPEC) == line


@given(st.dictionaries(st.text("abc_1", min_size=1, max_size=20), scalars, max_size=20))
def test_whatever_the_parameters_are_it_fits_and_moves_no_cursor(parameters):
    line = parameters_line(parameters, None)
    assert len(line) <= MOST_LINE
    assert line.isprintable()

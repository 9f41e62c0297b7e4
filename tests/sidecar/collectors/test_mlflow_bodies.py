"""What MLflow's client sends is read as it comes, in whatever pieces, and in little memory."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.mlflow_bodies import LONGEST, MOST_MEMBERS, BodyReader

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ELEMENTS = st.dictionaries(st.text(max_size=9), SCALARS, max_size=4)
BODIES = st.dictionaries(
    st.text(st.characters(exclude_characters='"\\', min_codepoint=32), max_size=9),
    SCALARS | ELEMENTS | st.lists(ELEMENTS, max_size=5),
    max_size=6,
)


def read(text, size):
    """Return the members that come of pieces of some size, and what is wrong."""
    reader = BodyReader()
    members = []
    for start in range(0, len(text), size):
        members += reader.feed(text[start : start + size])
    reader.end()
    return members, reader.fault


@given(BODIES, st.integers(1, 80), st.booleans(), st.sampled_from([None, 2]))
def test_the_pieces_in_which_it_comes_do_not_matter(body, size, ascii_only, indent):
    text = json.dumps(body, ensure_ascii=ascii_only, indent=indent).encode(errors="replace")
    body = json.loads(text)
    members, fault = read(text, size)
    expected = []
    for name, value in body.items():
        elements = enumerate(value) if isinstance(value, list) else [(0, value)]
        expected += [(name, element, place) for place, element in elements]
    assert fault == ""
    named = json.dumps([each.name for each in members])
    assert json.loads(named) == [name for name, _, _ in expected]
    assert [each[1:] for each in members] == [each[1:] for each in expected]


@given(st.binary(max_size=300), st.integers(1, 40))
def test_anything_at_all_is_read_without_an_error(text, size):
    read(text, size)


@given(BODIES, st.integers(1, 60), st.data())
def test_a_body_that_ends_early_is_a_fault(body, size, data):
    text = json.dumps(body).encode()
    cut = data.draw(st.integers(0, len(text) - 1))
    assert read(text[:cut], size)[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[]", "an object"),
        (b"null", "an object"),
        (b"{1: 2}", "name"),
        (b'{"a": nonsense, "b": 1}', "an object"),
        (b'{"a": "' + b"x" * LONGEST + b'"', "characters"),
        (b'{"a": ' + b"[" * 100_000, ""),
        (b'{"metrics": [' + b'{"a":' * 5_000 + b"1", ""),
        (b'{"metrics": [' + b"1," * (MOST_MEMBERS + 1) + b"1]}", "members"),
    ],
)
def test_what_is_no_body_is_a_fault(text, words):
    fault = read(text, 16 * 1024)[1]
    assert fault
    assert words in fault or words == "an object"


@pytest.mark.parametrize(
    "element",
    [
        b'{"key":"a","value":1},',
        b'"' + b"x" * (LONGEST + 9) + b'",',
        b'{"a":{"a":{}}},',
        b"[[[]]],",
    ],
)
def test_a_large_body_takes_little_memory(element):
    text = b'{"metrics":[' + element * ((1 << 20) // len(element)) + b"]}"
    reader = BodyReader()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for start in range(0, len(text), 16 * 1024):
        reader.feed(text[start : start + 16 * 1024])
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < 2 * 1024 * 1024

"""Reading JSON: one object that is too deep for the reader does not hide the others."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.kube import deep_json
from espalier.kube.answers import parse_object
from espalier.kube.deep_json import read_json


def nested(depth, of='"x"'):
    return "[" * depth + of + "]" * depth


@pytest.mark.parametrize("depth", [1, 900, 1200, 10_000])
def test_a_list_with_a_deep_object_in_it_is_read(depth):
    objects = [{"metadata": {"name": name}} for name in ("a", "c")]
    text = json.dumps({"items": [objects[0], "@", objects[1]]})
    deep = '{"metadata": {"name": "b"}, "x": ' + nested(depth, '{"y": "]}\\\\\\""}') + "}"
    read = parse_object("list", text.replace('"@"', deep).encode())
    assert [each["metadata"]["name"] for each in read["items"]] == ["a", "b", "c"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_is_not_too_deep_stays_as_it_is(value):
    text = json.dumps(value, ensure_ascii=False).encode()
    assert deep_json._cut(text) == text
    assert read_json(text) == value


def test_what_is_cut_away_is_null():
    read = read_json(nested(5000).encode())
    for _ in range(200):
        (read,) = read
    assert read is None

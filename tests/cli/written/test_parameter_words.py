"""A parameter in one word."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.cli.written.parameter_words import read_parameter
from espalier.errors import UsageError


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("lr=1e-4..0.1:log", {"float": {"min": 1e-4, "max": 0.1, "scale": "Log"}}),
        ("lr=1..8", {"int": {"min": 1, "max": 8}}),
        ("lr=1..8.0", {"float": {"min": 1.0, "max": 8.0}}),
        ("lr=-1..1:step=1", {"int": {"min": -1, "max": 1, "step": 1}}),
        ("lr=sgd,adam", {"categorical": {"values": ["sgd", "adam"]}}),
        ("lr=1,2.5,true,x", {"categorical": {"values": [1, 2.5, True, "x"]}}),
        ("lr=a=b", {"categorical": {"values": ["a=b"]}}),
    ],
)
def test_it_is_read(text: str, domain: dict[str, Any]) -> None:
    assert read_parameter(text) == {"name": "lr", **domain}


@pytest.mark.parametrize(
    "text", ["", "lr", "=1..2", "lr=", "lr=1..", "lr=..2", "lr=1..2:foo", "lr=a..b"]
)
def test_anything_else_is_said_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="expected NAME=MIN"):
        read_parameter(text)


@given(st.text(max_size=30))
def test_no_text_is_answered_by_a_traceback(text: str) -> None:
    with contextlib.suppress(UsageError):
        read_parameter(text)

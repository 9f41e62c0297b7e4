"""What people write into annotations is one harmless line, and a yes unless it says no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.world.said import LONGEST_READ, is_asked, who_of, why_of


@pytest.mark.parametrize(
    ("text", "asked", "why"),
    [
        (None, False, ""),
        ("false", False, "false"),
        (" False ", False, "False"),
        ("", True, ""),
        ("true", True, ""),
        ("Yes", True, ""),
        ("1", True, ""),
        ("no", True, "no"),
        ("it overfits", True, "it overfits"),
        ("a\x1b[31m\nb\t c\u202e", True, "a [31m b c"),
        ("\ud800x", True, "x"),
        ("{why} {0}", True, "{why} {0}"),
    ],
)
def test_what_an_annotation_asks_for_and_why(text: str | None, asked: bool, why: str) -> None:
    assert is_asked(text) is asked
    assert why_of(text) == why


@given(st.text(max_size=3000))
def test_a_reason_is_one_line_of_bounded_length_and_stays_what_it_is(text: str) -> None:
    why = why_of(text)
    assert why.isprintable()
    assert len(why) <= 300
    assert why_of(why) == why
    assert why_of(text[:LONGEST_READ]) == why
    assert len(who_of({"by": text}, "by")) <= 120

"""What trainers printed is made harmless before it is stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from espalier.api.resources import MOST_OUTPUT
from espalier.engine.reports.kept_output import cleaned


@given(st.text(max_size=300))
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    found = cleaned(text)
    assert all(each.isprintable() or each in "\n\t" for each in found)
    assert cleaned(found) == found


def test_of_a_longer_text_the_end_is_kept() -> None:
    found = cleaned("ä" * MOST_OUTPUT + "end")
    assert found.endswith("end")
    assert len(found.encode()) <= MOST_OUTPUT

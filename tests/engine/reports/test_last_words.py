"""A termination message that was cut: what came before the cut counts, the rest is lost."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.reports.last_words import parse_tail

GOLDEN = Path(__file__).parents[2] / "golden" / "termination-message.json"
MESSAGE = json.loads(GOLDEN.read_text())["message"]
TEXT = json.dumps(MESSAGE, separators=(",", ":"))
START = TEXT.index("[[") + 1


@given(st.integers(START, len(TEXT)))
def test_wherever_a_message_is_cut_each_value_is_taken_or_lost(cut):
    good, refused, lost = parse_tail(TEXT[:cut])
    whole = TEXT[START:cut].count("]") - (cut >= len(TEXT) - 1)
    steps = [step for _, step, _ in MESSAGE["reports"]]
    assert [report.step for report in good] == steps[:whole]
    assert refused == 0
    assert lost == MESSAGE["lost"] + len(steps) - whole


@given(st.integers(0, START - 1))
def test_a_message_cut_before_its_first_value_has_none(cut):
    assert parse_tail(TEXT[:cut]) == ([], 0, 0)


@given(st.integers(START, len(TEXT)), st.text(max_size=20))
def test_whatever_stands_after_the_cut_no_more_values_are_taken_than_were_written(cut, junk):
    good, refused, lost = parse_tail(TEXT[:cut] + junk)
    assert len(good) + refused + lost <= MESSAGE["lost"] + MESSAGE["count"]

"""A termination message that was cut: what came before the cut counts, the rest is lost."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.reports.heard import checked_heard
from espalier.engine.reports.last_words import parse_tail

GOLDEN = Path(__file__).parents[2] / "golden" / "termination-message.json"
AGREED = json.loads(GOLDEN.read_text())
MESSAGES = [AGREED["message"], AGREED["before"]]
HEARD = json.loads((GOLDEN.parent / "heard/one-log.json").read_text())["request"]["body"]["heard"]
messages = pytest.mark.parametrize("message", MESSAGES, ids=["now", "before"])


def text_of(message):
    text = json.dumps(message, separators=(",", ":"))
    return text, text.index("[[") + 1


@messages
@given(data=st.data())
def test_wherever_a_message_is_cut_each_value_is_taken_or_lost(message, data):
    text, start = text_of(message)
    cut = data.draw(st.integers(start, len(text)))
    good, refused, lost, heard = parse_tail(text[:cut])
    whole = text[start:cut].count("]") - (cut >= len(text) - 1)
    steps = [step for _, step, _ in message["reports"]]
    assert [report.step for report in good] == steps[:whole]
    assert {report.metric for report in good} <= {"val_accuracy"}
    assert (refused, heard) == (0, ())
    assert lost == message["lost"] + len(steps) - whole


@messages
@given(data=st.data())
def test_a_message_cut_before_its_first_value_has_none(message, data):
    text, start = text_of(message)
    cut = data.draw(st.integers(0, start - 1))
    counted = text.index(',"count":3,') + len(',"count":3,')
    lost = message["lost"] + message["count"] if cut >= counted else 0
    assert parse_tail(text[:cut]) == ([], 0, lost, ())


@messages
@given(data=st.data(), junk=st.text(max_size=20))
def test_whatever_stands_after_the_cut_no_more_values_are_taken_than_were_written(
    message, data, junk
):
    text, start = text_of(message)
    cut = data.draw(st.integers(start, len(text)))
    good, refused, lost, _ = parse_tail(text[:cut] + junk)
    assert len(good) + refused + lost <= message["lost"] + message["count"]


@pytest.mark.parametrize("place", [-1, 1, True, 0.0, None, [0]])
def test_a_metric_that_is_not_among_the_names_is_refused(place):
    message = {**AGREED["message"], "reports": [[place, 1, 0.5], [0, 2, 0.5]]}
    good, refused, _, _ = parse_tail(json.dumps(message))
    assert ([report.step for report in good], refused) == ([2], 1)


def test_what_was_heard_is_taken_with_the_values():
    tail = parse_tail(json.dumps({**AGREED["message"], "heard": HEARD}))
    assert len(tail.reports) == 3
    assert tail.heard == checked_heard(HEARD)
    assert tail.heard[0].names == ("acc", "lr/pg1")


@given(st.recursive(st.none() | st.integers() | st.text(), lambda s: st.lists(s), max_leaves=5))
def test_whatever_was_heard_takes_nothing_from_the_values(heard):
    assert len(parse_tail(json.dumps({**AGREED["message"], "heard": heard})).reports) == 3

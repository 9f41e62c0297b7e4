"""The end of what a trainer prints is kept, whatever it prints."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.ingest_client import Answer
from espalier_sidecar.output_end import MAX_BODY, MOST, KeptOutput


def kept(*texts: bytes, most: int = MOST) -> KeptOutput:
    output = KeptOutput("research/digits-7", most, lambda _: Answer(200, None, b""))
    for text in texts:
        output.take(text)
    return output


def sent(output: KeptOutput) -> dict[str, object]:
    bodies: list[bytes] = []

    def post(body: bytes) -> Answer:
        bodies.append(body)
        return Answer(200, None, b"")

    output._post = post
    output.tell()
    (body,) = bodies
    assert len(body) <= MAX_BODY
    found: dict[str, object] = json.loads(body)
    return found


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"epoch 1\nepoch 2\n", "epoch 1\nepoch 2\n"),
        (b"\x1b[31mred\x1b[0m and \x07plain\n", "red and plain\n"),
        (b"10 %\r20 %\r100 %\ndone", "100 %\ndone"),
        (b"windows\r\nlines\r\n", "windows\nlines\n"),
        (b"\xff\xfe\n", "\ufffd\ufffd\n"),
    ],
)
def test_a_text_is_kept_as_a_terminal_shows_it(printed: bytes, text: str) -> None:
    assert kept(printed).text() == text


def test_of_a_long_text_whole_lines_of_the_end_are_kept() -> None:
    output = kept(b"a first line\n", b"b\n" * 100, b"the last", most=20)
    assert output.text() == "b\nb\nb\nb\nb\nthe last"
    assert sent(output)["cut"] is True


def test_nothing_is_sent_where_nothing_was_printed_or_nothing_is_kept() -> None:
    for output in (kept(), kept(b"a line\n", most=0)):
        output._post = lambda _: pytest.fail("sent")
        output.tell()


@given(st.lists(st.binary(max_size=200_000), max_size=3))
def test_whatever_is_printed_the_message_is_bounded_json(texts: list[bytes]) -> None:
    output = kept(*texts)
    if any(texts):
        found = sent(output)
        assert found["trial"] == "research/digits-7"
        assert len(str(found["text"]).encode(errors="replace")) <= 3 * MOST


def test_an_operator_that_is_away_costs_only_the_text() -> None:
    output = kept(b"a line\n")

    def away(_: bytes) -> Answer:
        raise OSError("away")

    output._post = away
    output.tell()

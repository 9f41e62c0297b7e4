"""Text without the codes of terminals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.terminal import goes_back, plain_text

CODED = {
    "no code": (b"loss=0.5", "loss=0.5"),
    "colours": (b"\x1b[1;32mloss\x1b[0m=\x1b[38;5;9m0.5\x1b[m", "loss=0.5"),
    "a cursor that moves": (b"\x1b[2K\x1b[1Gloss=0.5\x1b[K\x1b[?25h", "loss=0.5"),
    "a title": (b"\x1b]0;a title\x07loss=0.5", "loss=0.5"),
    "a link": (b"\x1b]8;;http://x\x1b\\loss\x1b]8;;\x1b\\=0.5", "loss=0.5"),
    "another set of characters": (b"\x1b(Bloss=0.5\x1b)0", "loss=0.5"),
    "backspaces": (b"loss=0.5\b\b\b", "loss=0.5"),
    "a bell and a null": (b"\x07loss\x00=0.5", "loss=0.5"),
    "tabs stay": (b"loss\t0.5", "loss\t0.5"),
    "a code that is cut": (b"loss=0.5\x1b[3", "loss=0.53"),
    "bytes that are no text": (b"loss=0.5 \xff", "loss=0.5 \N{REPLACEMENT CHARACTER}"),
}


@pytest.mark.parametrize(("line", "text"), CODED.values(), ids=CODED)
def test_a_line_is_shown_so(line: bytes, text: str) -> None:
    assert plain_text(line) == text


@given(st.binary(max_size=80).filter(lambda line: b"\n" not in line))
def test_what_is_left_has_no_control_but_tabs(line: bytes) -> None:
    assert not [each for each in plain_text(line) if each < " " and each != "\t"]


def test_a_line_whose_cursor_goes_up_is_drawn_once_more() -> None:
    assert goes_back(b"loss=0.5\x1b[A")
    assert goes_back(b"loss=0.5\x1b[12A")
    assert not goes_back(b"\x1b[Aloss=0.5")
    assert not goes_back(b"VISTA")

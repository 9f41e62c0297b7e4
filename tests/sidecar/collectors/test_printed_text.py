"""Printed text: lines that are redrawn, lines without end, and restarts anywhere."""

import json
import math
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.held_back import MOST_HELD
from espalier_sidecar.collectors.numbers import NUMBER
from espalier_sidecar.collectors.printed import PRESETS, printed_lines
from espalier_sidecar.collectors.printed_text import LONGEST
from espalier_sidecar.collectors.terminal import plain_text
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.report import Report
from tests.sidecar.collectors.reading_logs import Followed, followed, values_of

PATTERN = {"pattern": r"(?P<metric>\w+)=(?P<value>[^\s,\]]+)"}
TWO = {"stepPattern": r"poch (?P<step>\d+)", "valuePattern": PATTERN["pattern"]}
SECTIONS: list[dict[str, Any]] = [*({"preset": each} for each in PRESETS), PATTERN, TWO]

FRAGMENTS = st.sampled_from(
    [
        *(
            "\n",
            "\n",
            "\r",
            "\r",
            "\r\n",
            "\t",
            "\b",
            "\x1b[1m",
            "\x1b[0m",
            "\x1b[A",
            "\x1b",
            "\xff",
        ),
        *(
            " ",
            " ",
            "|",
            ", ",
            "x",
            "{",
            "}",
            "=",
            ":",
            "50%|",
            "1,234.5",
            "0,91",
            "4.2e-06",
            "nan",
        ),
        *("Epoch 1/3", "Epoch 2/3", "Epoch 0: 100%|", "Epoch 1: 100%|", "Epoch 1:   0%|"),
        *("epoch 3 ", "step=7 ", "{'epoch': 2.0, ", "'eval_loss': 0.5}", "loss=0.25", "loss: 0.5"),
        *('{"epoch": 1, "a": {"b": 2}}', " - val_loss: 0.125", "3/9 - 1s", "9/9 ", "3/9 "),
        *("[3]\t", "valid-auc:0.75", "valid_0's l2: 0.5", "0: learn: 0.5", " test: 0.5"),
        *("  Epoch GPU_mem box_loss Size", "  1/3  1G  0.5", " all 4 17 0.5 0.25 0.125 1"),
        *(" Class Images Instances Box(P R mAP50 mAP50-95)", "3 epochs completed"),
        *("Validate metric  DataLoader 0", "  val_acc   0.5", "Best iteration is:"),
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=40).map(lambda parts: "".join(parts).encode())


def comparable(reports: list[Report]) -> list[tuple[Any, ...]]:
    return [tuple(each) for each in reports]


@given(TEXTS, st.sampled_from(SECTIONS), st.data())
@settings(deadline=None, max_examples=300)
def test_the_same_comes_out_in_the_same_order_whatever_the_pieces_and_restarts(
    text: bytes, section: dict[str, Any], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    restarts = data.draw(st.lists(st.booleans(), min_size=len(pieces), max_size=len(pieces)))
    at_once = followed(section, [text], lambda: False)
    in_pieces = followed(section, pieces, iter(restarts).__next__)
    assert comparable(in_pieces) == comparable(at_once)


@given(TEXTS, st.sampled_from(SECTIONS))
@settings(deadline=None, max_examples=300)
def test_no_number_is_read_that_does_not_stand_there(text: bytes, section: dict[str, Any]) -> None:
    shown = plain_text(text.replace(b"\r", b"\n").replace(b"\n", b" "))
    there = {str(float(each)) for each in re.findall(NUMBER, shown, re.ASCII)}
    # A piece of a number is none.
    whole = {str(float(each)) for each in re.findall(rf"(?<![\d.])(?:{NUMBER})", shown, re.ASCII)}
    for report in followed(section, [text], lambda: False):
        value = math.nan if report.value is None else report.value
        assert str(value) in there | {"nan"}
        assert str(value) in whole | {"nan"}


@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from(SECTIONS))
@settings(deadline=None)
def test_bytes_of_any_kind_harm_nothing(pieces: list[bytes], section: dict[str, Any]) -> None:
    followed(section, pieces, lambda: True)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
STATES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.sampled_from(SECTIONS), STATES)
@settings(deadline=None)
def test_a_state_of_any_kind_is_resumed_from(section: dict[str, Any], state: Any) -> None:
    keys = ["step", "held", "bar", "table", "columns", "once_more", "by_epoch"]
    reader = printed_lines(section, "loss")
    try:
        reader.resume(dict.fromkeys(keys, state))
        reader.readings(b"Epoch 3 loss=0.5")
        json.dumps(reader.state())
        reader.ended()
    finally:
        reader.close()


def test_a_redrawn_line_gives_its_last_values_once_it_is_finished(tmp_path: Path) -> None:
    log = Followed({"preset": "KeyValue"}, tmp_path)
    log.write(b"epoch 1 loss=0.9\repoch 1 loss=0.8 acc=0.1\repoch 1 loss=0.7\r")
    log.poll()
    assert log.reports == []
    assert log.collector.health().passed_over == ""
    log.write(b"\n")
    log.poll()
    assert log.reports == [("acc", 1, 0.1), ("loss", 1, 0.7)]
    log.close()


def test_or_once_another_step_begins(tmp_path: Path) -> None:
    log = Followed({"preset": "KeyValue"}, tmp_path)
    log.write(b"epoch 1 loss=0.9\repoch 1 loss=0.8\repoch 2 loss=0.7\r\r")
    log.poll()
    assert log.reports == [("loss", 1, 0.8)]
    log.restart()
    log.poll(last=True)
    assert log.reports == [("loss", 1, 0.8), ("loss", 2, 0.7)]
    log.close()


def test_a_carriage_return_before_a_newline_finishes_a_line(tmp_path: Path) -> None:
    log = Followed({"preset": "KeyValue"}, tmp_path)
    log.write(b"epoch 1 loss=0.9\r")
    log.poll()
    log.write(b"\nepoch 1 acc=0.5\r\n")
    log.poll()
    assert log.reports == [("loss", 1, 0.9), ("acc", 1, 0.5)]
    log.close()


def test_a_bar_of_any_length_hides_no_value() -> None:
    bars = b"".join(b"\r%3d%%|##| %d/5000 [00:01<00:01]" % (n // 50, n) for n in range(5000))
    values = values_of(bars + b"\repoch 1 loss=0.5\n" + bars + b"\nepoch 2 loss=0.4\n")
    assert values == [("loss", 1, 0.5), ("loss", 2, 0.4)]


@pytest.mark.parametrize("section", [PATTERN, {"preset": "KeyValue"}], ids=["pattern", "preset"])
def test_a_line_that_is_too_long_loses_what_is_beyond_and_nothing_else(
    section: dict[str, Any], tmp_path: Path
) -> None:
    text = b"a1=1 " + b"." * LONGEST + b" b1=2\n" + b"c1=3 " + b"." * (3 * CHUNK) + b" d1=4\ne1=5\n"
    reports = followed(section, [text], lambda: False)
    assert reports == [("a1", 1, 1), ("c1", 1, 3), ("e1", 1, 5)]


def test_a_number_that_the_bound_cuts_is_not_read() -> None:
    for extra in range(12):
        begin = "a1=1 ".ljust(LONGEST - extra)
        values = values_of(f"{begin}b1=0.123456789 c1=2")
        assert values[0] == ("a1", None, 1)
        assert all(value == 0.123456789 for name, _, value in values if name == "b1")


def test_a_json_line_may_be_longer() -> None:
    line = '{"epoch": 1, "note": "%s", "loss": 0.5}'
    assert values_of(line % ("x" * (CHUNK - 50)), preset="JSONLines") == [("loss", 1, 0.5)]


def test_lines_without_end_take_no_memory(tmp_path: Path) -> None:
    log = Followed({"preset": "KeyValue"}, tmp_path)
    for piece, size in (
        (b"loss=0.5 ", 2**23),
        (b"\x1b[1m", 2**23),
        (b"\r", 2**15),
        (b"x=1\r", 2**15),
    ):
        log.write(piece * (size // len(piece)))
    tracemalloc.start()
    log.poll()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    log.close()
    assert peak < 4 * 2**20


def test_no_more_is_held_back_than_there_is_room_for() -> None:
    reader = printed_lines({"preset": "KeyValue"}, "loss")
    given = [reading for n in range(200) for reading in reader.redrawn(b"n%03d=%d" % (n, n))]
    assert len(given) == 200 - MOST_HELD
    assert len(json.dumps(reader.state())) < 64 * 1024
    assert len([*given, *reader.ended()]) == 200


def test_what_is_held_back_is_in_the_spool_after_a_restart_too() -> None:
    pieces = [b"Epoch 1/2\n", b"1/2 - loss: 0.9\r", b"2/2 - loss: 0.8\r", b"Epoch 2/2\n"]
    assert followed({"preset": "Keras"}, pieces, lambda: True) == followed(
        {"preset": "Keras"}, pieces, lambda: False
    )

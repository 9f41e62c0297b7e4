"""Patterns: what they find in lines, and what is refused rather than misread."""

import time

import pytest

from espalier_sidecar.errors import BadReport
from tests.sidecar.collectors.reading_logs import Value, followed, read, values_of

ONE = r"loss=(?P<value>\S+)"
STEPS = {"stepPattern": r"Epoch (?P<step>\d+)", "valuePattern": r"(?P<metric>\w+): (?P<value>\S+)"}

LINES: dict[str, tuple[dict[str, str], str, list[Value]]] = {
    "a value without a step": (
        {"pattern": ONE},
        "loss=0.5\nloss=0.4",
        [
            ("the metric", None, 0.5),
            ("the metric", None, 0.4),
        ],
    ),
    "a value and its step": (
        {"pattern": r"(?P<step>\d+): (?P<value>\S+)"},
        "3: 0.5",
        [("the metric", 3, 0.5)],
    ),
    "a step that is written 1.0": (
        {"pattern": r"'epoch': (?P<step>\S+), 'loss': (?P<value>\S+)}"},
        "{'epoch': 1.0, 'loss': 0.5}",
        [("the metric", 1, 0.5)],
    ),
    "several metrics a line": (
        {"pattern": r"(?P<metric>[\w/-]+)=(?P<value>\S+)"},
        "eval/loss=0.5 val-acc=0.9, x=1",
        [("eval/loss", None, 0.5), ("val-acc", None, 0.9), ("x", None, 1)],
    ),
    "a step on an earlier line": (
        STEPS,
        "Epoch 1/3\n12/12 - 1s - loss: 1.9 - acc: 0.5\nEpoch 2/3\n12/12 - 1s - loss: 1.8",
        [("loss", 1, 1.9), ("acc", 1, 0.5), ("loss", 2, 1.8)],
    ),
    "a step on the same line": (STEPS, "Epoch 7 loss: 1.9", [("loss", 7, 1.9)]),
    "YOLO's table": (
        {
            "stepPattern": r"^\s*(?P<step>\d+)/\d+\s+\S+G",
            "valuePattern": r"^\s*all(?:\s+\S+){5}\s+(?P<value>\S+)",
        },
        "  1/3 3G 0.1 0.2\n  Class P R\n   all  4  17  0.8  0.5  0.7  0.503",
        [("the metric", 1, 0.503)],
    ),
    "columns of a table": (
        {"pattern": r"^(?P<step>\d+),[^,]*,(?P<value>[^,]+),"},
        "epoch,a,b,c\n0,0.1,1,0.5\n1,0.2,0.75,0.5",
        [("the metric", 0, 1), ("the metric", 1, 0.75)],
    ),
    "an objective in percent": (
        {"pattern": r"acc (?P<value>[\d.]+)%"},
        "acc 93.1%",
        [("the metric", None, 93.1)],
    ),
    "colours between name and value": (
        {"pattern": ONE},
        "\x1b[1mloss\x1b[0m=\x1b[31m0.5\x1b[0m",
        [("the metric", None, 0.5)],
    ),
    "a bar that is redrawn": (
        {"pattern": r"(?P<step>\d+): loss=(?P<value>\S+)"},
        "1: loss=0.9\r1: loss=0.8\r2: loss=0.7\r2: loss=0.6\n3: loss=0.5\r\n",
        [("the metric", 1, 0.8), ("the metric", 2, 0.6), ("the metric", 3, 0.5)],
    ),
}

REFUSED = {
    "an exponent that is cut": (r"loss=(?P<value>[\d.]+)", "loss=4.2e-06", "'4.2' out of"),
    "also where the pattern goes on": (
        r"loss=(?P<value>[\d.]+).*",
        "loss=4.2e-06 x",
        "'4.2' out of",
    ),
    "a fraction that is cut": (r"loss=(?P<value>\d+)", "loss=4.2", "'4' out of"),
    "a sign that is cut": (r"loss=-?(?P<value>[\d.]+)", "loss=-0.5", "'0.5' out of"),
    "a sign of minus that is cut": (
        r"loss: \D?(?P<value>[\d.]+)",
        "loss: \N{MINUS SIGN}0.5",
        "'0.5'",
    ),
    "a beginning that is cut": (r"loss=\d*(?P<value>\d)", "loss=123", "'3' out of"),
    "a step that is cut": (r"epoch (?P<step>\d+).*=(?P<value>\S+)", "epoch 1.5 l=1", "'1' out of"),
    "a decimal comma": (ONE, "loss=0,91", "with a decimal point; came '0,91'"),
    "a decimal comma that is cut": (r"loss=(?P<value>[\d.]+)", "loss=0,91", "came '0,91'"),
    "thousands": (ONE, "loss=1,234.5", "without separators of thousands; came '1,234.5'"),
    "thousands that are cut": (r"loss=(?P<value>[\d.]+)", "loss=1,234.5", "came '1,234.5'"),
    "thousands of steps": (
        r"step (?P<step>\d+).*=(?P<value>\S+)",
        "step 1,234 l=1",
        "came '1,234'",
    ),
    "no number": (ONE, "loss=None", "expected a number; came 'None'"),
    "a group that took no part": (r"loss(=(?P<value>\S+))?", "loss", "as value; the pattern found"),
}


@pytest.mark.parametrize(("section", "text", "values"), LINES.values(), ids=LINES)
def test_values_are_found(section: dict[str, str], text: str, values: list[Value]) -> None:
    assert values_of(text, **section) == values


@pytest.mark.parametrize(("pattern", "line", "fault"), REFUSED.values(), ids=REFUSED)
def test_a_number_is_refused_rather_than_misread(pattern: str, line: str, fault: str) -> None:
    with pytest.raises(BadReport) as raised:
        values_of(line, pattern=pattern)
    assert fault in str(raised.value)


def test_the_message_says_what_to_write() -> None:
    with pytest.raises(BadReport) as raised:
        values_of("epoch 1 loss=4.2e-06", pattern=r"loss=(?P<value>[\d.]+)")
    assert str(raised.value) == (
        r"expected all of a number; the pattern takes '4.2' out of '1 loss=4.2e-06': "
        r"let the group value take sign, point and exponent too, as \S+ does"
    )


def test_one_bad_match_takes_no_other_with_it() -> None:
    found = read(
        "step=3 loss=0.3 step=3 acc=None", pattern=r"step=(?P<step>\d+) \w+=(?P<value>\S+)"
    )
    assert found[0] == ("the metric", 3, 0.3)
    assert isinstance(found[1], BadReport)


def test_a_value_without_a_step_yet_is_not_given_one() -> None:
    first, second = read("loss: 3\nEpoch 1 loss: 2", **STEPS)
    assert "while no line that stepPattern matches had come" in str(first)
    assert second == ("loss", 1, 2)


def test_after_a_step_that_cannot_be_read_values_have_no_step_rather_than_the_old_one() -> None:
    found = read("Epoch 1 loss: 3\nEpoch 2.5\nloss: 2\nEpoch 3 loss: 1", **STEPS)
    assert [each for each in found if isinstance(each, tuple)] == [("loss", 1, 3), ("loss", 3, 1)]
    assert len(found) == 4


def test_a_step_of_an_earlier_line_outlives_a_restart() -> None:
    reports = followed(STEPS, [b"Epoch 4/9\n", b"loss: 0.5\n"], lambda: True)
    assert reports == [("loss", 4, 0.5)]


def test_more_values_than_a_line_may_have_are_said() -> None:
    found = read("x=1 " * 600, pattern=r"x=(?P<value>\S+)")
    assert len(found) == 513
    assert "at most 512 values in a line" in str(found[-1])


@pytest.mark.parametrize(
    "section",
    [
        {"pattern": r"(?P<value>(1+)+)$"},
        {"stepPattern": r"(?P<step>(1+)+)$", "valuePattern": r"(?P<value>x)"},
    ],
    ids=["a value", "a step"],
)
def test_a_pattern_that_backtracks_is_given_up(section: dict[str, str]) -> None:
    begun = time.process_time()
    found = read(("1" * 60 + "x\n") * 100, **section)
    assert len(found) == 3
    assert all("the pattern took over 0.1 s" in str(each) for each in found)
    assert time.process_time() - begun < 20  # a hundred such lines would take for ever

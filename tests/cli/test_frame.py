"""What `espalier watch` draws fits the terminal, leaves no copies, and says what it left out."""

from __future__ import annotations

import io
import os
import pty
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from espalier.cli.boundary import Terminal
from espalier.cli.frame import SORTS, Frame, View, ordered, parameters_of
from espalier.cli.watch import drawing
from tests.cli.test_table import STUDY, trial

PHASES = ("Running", "Completed", "Pruned", "Failed", "Pending")
LONG = "Kept: 0.9 is among the best half of those that got as far,\nand \x1b[31mso\x07 on. " * 5
DEGRADED = {"type": "Degraded", "status": "True", "message": "No node has room. " * 20}


def trials(count: int) -> list[dict]:
    made = [
        trial(
            number,
            PHASES[number % len(PHASES)],
            None if number % 7 == 3 else (number * 37 % 101) / 101,
            decision={"reason": "StartUp", "message": LONG},
        )
        for number in range(count)
    ]
    for number, each in enumerate(made):
        each["spec"]["parameters"] = {"lr": 0.0123456 * (number + 1), "optimizer": "sgd"}
    return made


def drawn(frame: Frame, width: int, height: int) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO())
    console.print(frame)
    return console.file.getvalue().splitlines()


def numbers(lines: list[str]) -> list[int]:
    return [int(found[1]) for line in lines if (found := re.match(r" *(\d+)  [A-Z]", line))]


@given(
    count=st.integers(0, 60),
    width=st.integers(20, 200),
    height=st.integers(2, 60),
    sort=st.sampled_from([None, *SORTS]),
    top=st.none() | st.integers(1, 80),
    parameters=st.sampled_from([None, True, False]),
    trouble=st.sampled_from(["", "get x: no answer; trying again " * 4]),
    wrong=st.booleans(),
)
def test_a_fitted_frame_fits_any_terminal(
    count, width, height, sort, top, parameters, trouble, wrong
):
    study = {**STUDY, "status": {**STUDY["status"], "conditions": [DEGRADED] if wrong else []}}
    view = View(sort, top, parameters)
    lines = drawn(Frame(study, trials(count), view, trouble, fitted=True), width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("ml/digits"[:width])
    assert "\x1b" not in "".join(lines)
    if width >= 80 and height >= 12:
        rows = numbers(lines)
        left_out = count - len(rows)
        assert len(set(rows)) == len(rows)
        assert any(f"… {left_out} more: " in line for line in lines) == (left_out > 0)
        assert left_out == 0 or len(rows) == top or len(lines) == height


def test_a_terminal_that_is_long_enough_has_every_trial_by_number():
    assert numbers(drawn(Frame(STUDY, trials(20), fitted=True), 120, 30)) == list(range(20))


def test_where_trials_are_cut_the_best_stay_and_the_rest_is_counted():
    every = trials(30)
    lines = drawn(Frame(STUDY, every, fitted=True), 120, 14)
    best = [each["spec"]["number"] for each in ordered(STUDY, every, "best")]
    assert numbers(lines) == best[:10]
    assert re.match(r"… 20 more: \d+ Running, .* Failed; sorted by best", lines[-1])


@pytest.mark.parametrize(
    ("sort", "first"),
    [("number", [0, 1, 2]), ("newest", [9, 8, 7]), ("state", [0, 5, 4])],
)
def test_trials_are_sorted_as_asked(sort, first):
    assert numbers(drawn(Frame(STUDY, trials(10), View(sort, top=3)), 120, 40)) == first


def test_all_trials_are_drawn_where_nothing_has_to_fit():
    lines = drawn(Frame(STUDY, trials(60)), 120, 10)
    assert numbers(lines) == list(range(60))


@pytest.mark.parametrize(
    ("width", "asked", "shown"),
    [(80, None, False), (80, True, True), (140, None, True), (140, False, False)],
)
def test_parameters_have_a_column_where_there_is_room_or_they_are_asked_for(width, asked, shown):
    lines = drawn(Frame(STUDY, trials(3), View(parameters=asked), fitted=True), width, 30)
    assert any("parameters" in line for line in lines) is shown
    assert any("lr=0.01235" in line for line in lines) is shown


def test_parameters_are_short_and_plain():
    made = {"spec": {"parameters": {"lr": 1.0 / 3, "n": 64, "name": "a\nb\x1b[0m", "on": True}}}
    assert parameters_of(made) == "lr=0.3333 n=64 name=a b\\x1b[0m on=True"
    assert parameters_of({"spec": {}}) == ""


def through_a_terminal(frames: list[Frame], width: int, height: int) -> str:
    """Draw frames as the command does, at a pseudo-terminal, and return what it was sent."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as file:
        console = Terminal(
            file=file, width=width, height=height, force_terminal=True, _environ={"TERM": "xterm"}
        )
        sent = bytearray()
        with drawing(console) as draw:
            for frame in frames:
                draw(frame)
                sent += os.read(ours, 1 << 16)
    sent += os.read(ours, 1 << 16)
    os.close(ours)
    return sent.decode()


def test_frames_leave_no_copies_in_what_was_scrolled():
    frames = [Frame(STUDY, trials(number), fitted=True) for number in range(1, 40)]
    sent = through_a_terminal(frames, 80, 12)
    begin, end = "\x1b[?1049h", "\x1b[?1049l"
    assert (sent.count(begin), sent.count(end)) == (1, 1)
    before, _, rest = sent.partition(begin)
    on_screen, _, after = rest.partition(end)
    assert "ml/digits" not in before + after
    # Each frame begins at the top and has a line less of breaks than the screen has lines.
    drawings = on_screen.split("\x1b[H")
    assert len(drawings) > len(frames)
    assert max(each.count("\n") for each in drawings) < 12


def test_what_is_no_terminal_gets_no_frame_until_the_end():
    console = Terminal(file=io.StringIO(), width=80)
    with drawing(console) as draw:
        draw(Frame(STUDY, trials(3), fitted=True))
    assert console.file.getvalue() == ""

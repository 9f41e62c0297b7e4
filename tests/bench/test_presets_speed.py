"""A line of twice the length takes a preset about twice the time, whatever is in it."""

import contextlib
import time

import pytest

from espalier_sidecar.collectors.printed import PRESETS, printed_lines
from espalier_sidecar.collectors.printed_text import LONGEST
from espalier_sidecar.errors import BadReport

FORMS = [
    *("a", "1", "1.", "_1", " ", "=", "x=1", "x:", "x=float(1", "x=float(1 ", "x=float(1,", "("),
    *("epoch ", "epoch 1", "epoch [", "1/1 ", "[1] ", "'", '"', "'a", "{'", '{"a":', "[", "│ "),
    *("all 1", " all", "1 1", "Epoch 1: 100%|x=1 ", "Class Images Labels ", "Epoch gpu_mem a "),
    *("1/1 1G 1", "a: 1\t", "Iteration:1, ", "0: learn: 1 ", "learn: ", ": ", "a b c ", "1,1"),
    *("\x1b[0", "\x1b]", "\x1b", "x= 1", "─"),
]
HEADS = ["", "Epoch 1/2\n", "Validate metric  DataLoader 0\n", "[3]\t", "epoch 1 ", "{'"]


def seconds(preset: str, head: str, form: str, length: int) -> float:
    """Return the least time of several that a line takes."""
    times = []
    for _ in range(5):
        reader = printed_lines({"preset": preset}, "loss")
        *above, begin = head.split("\n")
        for line in above:
            reader.readings(line.encode())
        line = (begin + form * (length // len(form))).encode()
        began = time.process_time()
        with contextlib.suppress(BadReport):
            reader.readings(line)
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_line_takes_a_preset_long(preset: str) -> None:
    cases = [(head, form) for head in HEADS for form in FORMS]
    worst = max(cases, key=lambda case: seconds(preset, *case, LONGEST))
    short, long = (seconds(preset, *worst, length) for length in (LONGEST // 4, LONGEST))
    assert long / max(short, 1e-5) < 12, worst

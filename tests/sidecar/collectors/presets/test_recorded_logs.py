"""Output of real libraries, or in their format, and the values that stand in it.

Beside each log lies what is to be read in it. Those of Keras, XGBoost, LightGBM and Hugging Face
were printed by the libraries themselves, and what they logged is what is read; those of Lightning
were drawn by the same tqdm in the order of Lightning's callbacks. The others are written in the
form that the source of their library gives them.
"""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from espalier_sidecar.collectors.printed import PRESETS
from tests.sidecar.collectors.reading_logs import followed, values_of

LOGS = Path(__file__).parents[1] / "logs"
RECORDED = sorted(file.stem for file in LOGS.glob("*.txt"))


def expected(log: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LOGS / f"{log}.json").read_text())
    return found


def plain(values: Any) -> list[list[Any]]:
    """Make values of NaN comparable."""
    return [
        [metric, step, None if value is None or not math.isfinite(value) else value]
        for metric, step, value in values
    ]


@pytest.mark.parametrize("log", RECORDED)
def test_the_values_of_a_log_are_read(log: str) -> None:
    said = expected(log)
    values = values_of((LOGS / f"{log}.txt").read_bytes(), preset=said["preset"])
    assert plain(values) == said["values"]


@pytest.mark.parametrize("log", RECORDED)
def test_the_same_values_come_in_pieces_of_any_size_and_over_restarts(log: str) -> None:
    said = expected(log)
    text = (LOGS / f"{log}.txt").read_bytes()
    chance = random.Random(log)
    cuts = sorted(chance.sample(range(len(text)), 40))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    found = followed({"preset": said["preset"]}, pieces, lambda: chance.random() < 0.5)
    counted = iter(range(1, len(text)))
    wanted = [
        [metric, next(counted) if step is None else step, value]
        for metric, step, value in said["values"]
    ]
    if any(step is None for _, step, _ in said["values"]):
        wanted = [[metric, 1, value] for metric, _, value in wanted]
    assert plain(found) == wanted


def test_each_preset_of_a_library_has_a_log() -> None:
    assert {expected(log)["preset"] for log in RECORDED} | {"KeyValue", "JSONLines"} == set(PRESETS)

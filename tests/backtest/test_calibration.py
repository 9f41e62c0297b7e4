"""Stated risk beside measured loss, by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from espalier.backtest.calibration import Stated, calibration, picture
from espalier.backtest.compare import Result
from espalier.backtest.curves import Curves
from espalier.backtest.frontier import Frontier
from espalier.backtest.knobs import Knob
from espalier.backtest.measure import Measured
from espalier.pruning import Direction
from espalier.pruning.oversight.summary import clopper_pearson


def made(losses: dict[str, int], lists: int = 20) -> Result:
    return Result(
        "made",
        {
            task: tuple(Measured(0.5, 0.1, float(number < lost)) for number in range(lists))
            for task, lost in losses.items()
        },
    )


def test_losses_are_counted_over_all_tasks_and_lists():
    stated = Stated(0.1, made({"one": 3, "other": 1}))
    assert (stated.losses, stated.studies, stated.lost) == (4, 40, 0.1)
    assert stated.interval == clopper_pearson(4, 40)
    figures = stated.to_dict()
    assert figures["tasks"] == {"one": pytest.approx(0.15), "other": pytest.approx(0.05)}
    assert figures["ratio"] == pytest.approx(1.0)
    assert figures["within"] is True


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        pytest.param(0, "below", id="nothing lost is a risk overstated"),
        pytest.param(2, "below", id="half as much"),
        pytest.param(3, "within", id="three quarters"),
        pytest.param(6, "within", id="exactly 1.5 times"),
        pytest.param(7, "above", id="1.75 times"),
    ],
)
def test_within_a_factor_of_one_and_a_half(losses, verdict):
    assert Stated(0.2, made({"task": losses})).verdict == verdict


@pytest.mark.parametrize(
    ("losses", "lists", "sure"),
    [
        pytest.param(0, 20, False, id="none of twenty may still be as stated"),
        pytest.param(0, 200, True, id="none of two hundred is less than stated"),
        pytest.param(40, 200, True, id="forty of two hundred are as stated"),
        pytest.param(4, 20, False, id="four of twenty may be anything"),
    ],
)
def test_a_verdict_is_sure_if_the_whole_interval_says_so(losses, lists, sure):
    assert Stated(0.2, made({"task": losses}, lists)).sure is sure


def test_losses_are_told_apart_by_kind_and_as_second_evaluations_tell():
    told = Measured(0.5, 0.1, 1.0, (), 0.0, 0.0)
    result = Result("Auto", {**made({"calm": 2, "calmer": 0}).tasks, "rough": (told,) * 20})
    knob = Knob("auto.risk", (0.1,))
    tasks = [curves("calm", "clean"), curves("calmer", "clean"), curves("rough", "noisy")]
    (found,) = calibration([Frontier("Auto", knob, (result,))], [*tasks, curves("untold", "")])
    losses = {kind: each.classes[0].losses for kind, each in found.by_kind().items()}
    assert losses == {"clean": 2, "noisy": 20}
    assert [(one.losses, one.studies) for one in found.reevaluated().classes] == [(0, 20)]
    assert found.by_kind()["clean"].reevaluated().classes == ()
    figures = found.to_dict()
    assert figures["kinds"]["noisy"]["reevaluated"][0]["lost"] == 0.0
    assert figures["kinds"]["clean"]["classes"][0]["lost"] == pytest.approx(0.05)
    json.dumps(figures)


def curves(name: str, kind: str) -> Curves:
    values = np.zeros((1, 2))
    return Curves(name, Direction.MINIMIZE, values, np.array([[1.0, 2.0]]), None, kind)


def test_a_sweep_over_risks_is_read_as_classes_and_drawn_with_what_was_stated():
    knob = Knob("auto.risk", (0.05, 0.1))
    swept = Frontier("Auto", knob, (made({"task": 0}), made({"task": 2})))
    (found,) = calibration([swept])
    assert [(one.risk, one.losses) for one in found.classes] == [(0.05, 0), (0.1, 2)]
    json.dumps(found.to_dict())
    drawn = picture([found], "calibrated")
    for text in (">Auto<", ">as stated<", ">stated × 1.5<", ">risk stated (square-root scale)<"):
        assert text in drawn

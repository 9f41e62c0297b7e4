"""Pruners over their knobs: each point is a plain backtest, and the best are marked."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from espalier.api.pruner import PrunerSpec
from espalier.backtest.candidate import Candidate, resolved
from espalier.backtest.compare import Result, compare
from espalier.backtest.frontier import Frontier, best, frontier, picture, to_dicts
from espalier.backtest.knobs import KNOBS, Knob, Sweep, read_knob, sweeps
from espalier.backtest.measure import Measured, Setting
from espalier.errors import UsageError
from tests.backtest.test_simulate import TASKS

SETTING = Setting(trials=20, orders=2)
TWO = [TASKS["tfm_stdlib_nats"], TASKS["imp_digits_acc"]]
NEEDED = {"Patient": {"patience": 3}, "Percentile": {"percentile": 25}}


def base(kind: str) -> Candidate:
    section = KNOBS[kind].path.partition(".")[0]
    return Candidate(kind, {"type": kind, **({section: NEEDED[kind]} if kind in NEEDED else {})})


def result(label: str, saved: float, lost: float) -> Result:
    return Result(label, {"task": (Measured(saved, lost, lost),)})


def test_each_point_is_the_single_backtest_of_its_setting():
    swept = [
        Sweep(Candidate("Auto", {"type": "Auto"}), Knob("auto.risk", (0.05, 0.4))),
        Sweep(Candidate("Median", {"type": "Median"}), Knob("median.warmupSteps", ("8%",))),
    ]
    auto, median = frontier(swept, TWO, SETTING)
    bold = Candidate("bold", {"type": "Auto", "auto": {"risk": 0.4}})
    warm = Candidate("warm", {"type": "Median", "median": {"warmupSteps": "8%"}})
    alone = [compare([one], TWO, SETTING)[0] for one in (bold, warm)]
    assert auto.results[1].tasks == alone[0].tasks
    assert median.results[0].tasks == alone[1].tasks


@pytest.mark.parametrize("kind", sorted(KNOBS))
def test_every_value_of_every_known_knob_makes_a_pruner(kind):
    for candidate in Sweep(base(kind), KNOBS[kind]).candidates():
        PrunerSpec.model_validate(resolved(candidate.pruner, 81)).build()


def test_a_knob_leaves_the_pruners_other_settings_and_guards():
    halving = Candidate(
        "halving",
        {"type": "SuccessiveHalving", "successiveHalving": {"reductionFactor": 3}},
        {"exemptPercent": 0},
    )
    one = Sweep(halving, Knob("successiveHalving.minResource", ("8%",))).candidates()[0]
    assert one.label == "halving minResource=8%"
    assert one.pruner["successiveHalving"] == {"reductionFactor": 3, "minResource": "8%"}
    assert one.pruning == {"exemptPercent": 0}


def test_a_knob_is_read_from_text_with_its_values_types():
    knob = read_knob("median.warmupSteps=0,8%,Reached,0.5")
    assert knob == Knob("median.warmupSteps", (0, "8%", "Reached", 0.5))
    assert (knob.type, knob.setting) == ("Median", "warmupSteps")
    assert read_knob("plugin.settings.fromStep=2").setting == "settings.fromStep"


@pytest.mark.parametrize(
    "text", ["median", "median=1", "median.x=", "nosuch.x=1", "", "=", "a.b=["]
)
def test_what_is_no_knob_says_what_is_expected(text):
    with pytest.raises(UsageError, match=r"SECTION\.SETTING"):
        read_knob(text)


def test_a_named_knob_replaces_the_pruners_own_and_another_type_keeps_its_own():
    named = read_knob("median.peers=Reached,Completed")
    found = sweeps([base("Auto"), base("Median")], [named])
    assert [each.knob for each in found] == [KNOBS["Auto"], named]


def test_a_pruner_without_a_knob_says_how_to_name_one():
    with pytest.raises(UsageError, match="--sweep"):
        sweeps([Candidate("Nop", {"type": "Nop"})], [])


def test_the_best_are_those_that_nothing_beats():
    a, b, c, d = (
        result("a", 0.5, 0.0),
        result("b", 0.6, 0.1),
        result("c", 0.55, 0.1),
        result("d", 0.5, 0.0),
    )
    knob = Knob("auto.risk", (0.1, 0.2))
    frontiers = [Frontier("one", knob, (a, b)), Frontier("other", knob, (c, d))]
    assert best(frontiers) == [a, b, d]
    points = [point for each in to_dicts(frontiers) for point in each["points"]]
    assert [point["best"] for point in points] == [True, True, False, True]
    assert points[1]["value"] == 0.2
    json.dumps(points)


def test_the_picture_names_each_line_and_the_ends_of_its_knob():
    knob = Knob("auto.risk", (0.01, 0.4))
    one = Frontier("Auto", knob, (result("a", 0.3, 0.0), result("b", 0.8, 0.4)))
    drawn = picture([one], "made & drawn")
    assert ElementTree.fromstring(drawn).tag.endswith("}svg")
    for text in (">Auto, risk<", ">0.01<", ">0.4<", "made &amp; drawn", ">compute saved<"):
        assert text in drawn

"""The search's bench stands on firm ground, and TPE finds more than chance does; prints figures.

The whole protocol is `python -m tests.bench.search`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from espalier.search import FloatRange, Parameter, Random, Space
from tests.bench.search_cells import measure
from tests.bench.search_record import Cell, Unit
from tests.bench.search_report import markdown
from tests.bench.search_study import Found
from tests.bench.search_surrogate import Surrogate, agreement, checked
from tests.bench.search_tasks import Recorded, task

NAME = "rf_randhie_ap"
STUDY = Unit(NAME, Cell("TPE", "Auto", "Forecast"), 4, 12.0, 30, 0, "")


def test_a_surrogate_tells_the_same_of_a_configuration_each_time():
    searched = task(NAME)
    for number in range(5):
        drawn = Random().propose(searched.space, (), 0, number)
        one, other = searched.begin(drawn), searched.begin(drawn)
        assert list(one.values) == list(other.values)
        assert (one.step_time, one.worth(0.0)) == (other.step_time, other.worth(0.0))


def test_what_diverges_nearby_diverges():
    names = ("rate", "decay", "dropout", "width")
    space = Space(tuple(Parameter(name, FloatRange(0.0, 1.0)) for name in names))
    drawn = [Random().propose(space, (), 0, number) for number in range(200)]
    rates = np.array([each["rate"] for each in drawn])
    values = np.repeat(rates[:, np.newaxis], 10, axis=1)
    values[rates > 0.6, 3:] = np.nan
    surrogate = Surrogate(space, drawn, values, np.ones(len(drawn)))
    lost, kept = (surrogate.course(dict.fromkeys(names, 0.5) | {"rate": x}) for x in (0.95, 0.3))
    assert np.isfinite(lost.scores[0])
    assert np.isnan(lost.scores[-1])
    assert lost.end == -np.inf
    assert 0.2 < kept.end < 0.4


def test_a_surrogate_ranks_what_it_has_not_seen():
    recorded = Recorded.read(NAME)
    found = checked(
        recorded.space, recorded.configurations, recorded.values, recorded.seconds, folds=3
    )
    assert agreement(*found)[0] > 0.8


def test_a_study_ends_with_its_budget_and_is_the_same_each_time():
    one, other = measure(STUDY).found, measure(STUDY).found
    assert one == other != Found()
    assert all(at <= STUDY.budget for at, _ in one.best)
    assert [worth for _, worth in one.best if worth in one.worths]


def test_tpe_finds_more_than_chance_does():
    records = [
        measure(replace(STUDY, cell=cell, seed=seed, budget=30.0, trials=75))
        for seed in range(3)
        for cell in (Cell("Random", "Nop"), Cell("TPE", "Nop"), STUDY.cell)
    ]
    print(markdown(records))
    best = {
        sampler: np.mean([max(r.found.worths) for r in records if r.unit.cell.sampler == sampler])
        for sampler in ("Random", "TPE")
    }
    assert best["TPE"] > best["Random"]

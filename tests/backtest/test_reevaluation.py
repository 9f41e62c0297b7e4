"""A second evaluation of every trial: read from the files, and told beside the first."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.console import Console

from espalier.backtest.calibration import Calibration, Stated
from espalier.backtest.candidate import Candidate
from espalier.backtest.compare import Result, compare
from espalier.backtest.curves import Curves, read_file
from espalier.backtest.measure import Measured, Setting, mean_of, study
from espalier.cli.backtest_tables import beside, means
from espalier.errors import UsageError
from espalier.pruning import Direction, Terms

NOP = Candidate("Nop", {"type": "Nop"}, {"nanPatience": 0})
MEDIAN = Candidate("Median", {"type": "Median"}, {"exemptPercent": 0})
TRIALS, STEPS = 12, 6


def task(again: np.ndarray | None, direction: Direction = Direction.MAXIMIZE) -> Curves:
    """Twelve trials, the later ones better at every step by the first evaluation."""
    values = np.arange(TRIALS)[:, None] + np.arange(STEPS) / 10.0
    seconds = np.tile(np.arange(1.0, STEPS + 1), (TRIALS, 1))
    return Curves("made", direction, values * direction.sign, seconds, again)


class DropsTheBest:
    """A pruner that ends the trial with the best values, and that alone."""

    label = "drops the best"

    def make(self, terms: Terms) -> DropsTheBest:
        return self

    def report(self, trial: int, step: int, value: float, at: float) -> list[int]:
        return [trial] if value >= TRIALS - 1 else []

    def close(self, trial: int, completed: bool, at: float) -> None:
        assert completed


def write(folder: Path, **more: np.ndarray) -> Path:
    curves = task(None)
    np.savez(folder / "made.npz", values=curves.values, seconds=curves.seconds, **more)
    (folder / "made.json").write_text('{"direction": "max", "kind": "noisy"}')
    return folder / "made.npz"


def test_other_seeds_are_the_second_evaluation_and_the_first_is_not_in_their_mean(tmp_path):
    seeds = np.stack([np.full((TRIALS, STEPS), value) for value in (100.0, 1.0, 2.0)])
    found = read_file(write(tmp_path, values_seeds=seeds, test=np.zeros(TRIALS)))
    assert found.reevaluated.tolist() == [1.5] * TRIALS
    assert found.kind == "noisy"


def test_a_test_value_stands_in_for_seeds(tmp_path):
    found = read_file(write(tmp_path, test=np.arange(12.0)))
    assert found.reevaluated.tolist() == list(range(12))
    assert read_file(write(tmp_path)).reevaluated is None


def test_seeds_of_which_there_is_one_are_no_second_evaluation(tmp_path):
    assert read_file(write(tmp_path, values_seeds=np.zeros((1, TRIALS, STEPS)))).reevaluated is None


def test_a_second_evaluation_of_some_trials_is_refused(tmp_path):
    with pytest.raises(UsageError, match="leave them all out"):
        read_file(write(tmp_path, test=np.zeros(TRIALS - 1)))


@pytest.mark.parametrize("text", ["[]", "3", '"max"', "null"])
def test_a_description_that_is_no_mapping_is_refused(tmp_path, text):
    path = write(tmp_path)
    path.with_suffix(".json").write_text(text)
    with pytest.raises(UsageError, match="expected"):
        read_file(path)


def test_taking_trials_takes_their_second_evaluations_and_keeps_the_kind():
    some = Curves("a", Direction.MINIMIZE, np.zeros((3, 1)), np.ones((3, 1)), np.arange(3.0), "x")
    taken = some.take([2, 0])
    assert taken.reevaluated.tolist() == [2.0, 0.0]
    assert taken.reevaluations.tolist() == [-2.0, 0.0]
    assert taken.kind == "x"


def test_who_diverged_in_the_second_evaluation_is_the_worst():
    again = np.full(TRIALS, np.nan)
    assert np.all(task(again).reevaluations == -np.inf)


@given(again=arrays(float, TRIALS, elements=st.floats(-10, 10)), number=st.integers(0, 5))
def test_a_second_evaluation_changes_nothing_that_a_pruner_does(again, number):
    setting = Setting(workers=3, trials=8)
    with_it, without = (study(task(each), MEDIAN, setting, number) for each in (again, None))
    told = (with_it.saved, with_it.regret, with_it.lost)
    assert told == (without.saved, without.regret, without.lost)
    assert without.reevaluated_lost is without.reevaluated_regret is None


@given(
    again=arrays(float, TRIALS, elements=st.floats(-10, 10)),
    direction=st.sampled_from(Direction),
    maker=st.sampled_from([NOP, MEDIAN]),
)
def test_one_that_agrees_with_the_first_tells_the_same_and_without_pruning_nothing_is_lost(
    again, direction, maker
):
    first = task(None, direction).values[:, -1]
    same = study(task(first, direction), maker, Setting(workers=3), 0)
    assert (same.reevaluated_regret, same.reevaluated_lost) == (same.regret, same.lost)
    assert study(task(again, direction), NOP, Setting(workers=3), 0).reevaluated_lost == 0.0


def test_a_winner_by_luck_that_is_pruned_is_no_loss_where_others_are_as_good_again():
    again = np.append(np.arange(TRIALS - 1.0), TRIALS - 2.0)
    found = study(task(again), DropsTheBest(), Setting(workers=1), 0)
    assert (found.lost, found.reevaluated_regret, found.reevaluated_lost) == (1.0, 0.0, 0.0)


def test_means_are_over_those_that_have_a_second_evaluation():
    one, other = Measured(0.2, 0.0, 0.0, (), 0.4, 1.0), Measured(0.4, 0.1, 1.0)
    assert mean_of([one, other]).reevaluated_lost == 1.0
    assert mean_of([other, other]).reevaluated_regret is None


def test_a_result_told_again_has_only_the_tasks_that_can_tell():
    one, other = Measured(0.2, 0.0, 0.0, (), 0.4, 1.0), Measured(0.4, 0.1, 1.0)
    told = Result("Auto", {"a": (one, one), "b": (other,)}).reevaluated()
    assert set(told.tasks) == {"a"}
    assert (told.mean.saved, told.mean.regret, told.mean.lost) == (0.2, 0.4, 1.0)


def test_figures_and_tables_show_it_where_it_is_known():
    (result,) = compare([NOP], [task(np.arange(12.0))], Setting(orders=2))
    assert result.to_dict()["reevaluated"] == {"regret": 0.0, "lost": 0.0}
    json.dumps(result.to_dict())
    assert "reevaluated" in printed(means([result], budgets=False))
    (other,) = compare([NOP], [task(None)], Setting(orders=2))
    assert "reevaluated" not in printed(means([other], budgets=False))


def test_calibration_is_laid_out_by_kind_and_told_again():
    lost = Measured(0.5, 0.1, 1.0, (), 0.0, 0.0)
    stated = Stated(0.05, Result("Auto", {"rough": (lost,) * 4, "calm": (Measured(0, 0, 0),) * 4}))
    shown = printed(*beside([Calibration("Auto", (stated,), {"rough": "noisy", "calm": "clean"})]))
    rows = [" ".join(line.split()) for line in shown.splitlines()]
    assert "Auto noisy 100% of 4" in rows
    assert "Auto noisy, reevaluated 0% of 4" in rows
    assert "Auto clean 0% of 4" in rows
    assert "Auto all, reevaluated 0% of 4" in rows
    untold = Stated(0.05, Result("Auto", {"calm": (Measured(0, 0, 0),)}))
    assert beside([Calibration("Auto", (untold,))]) == []


def printed(*parts: object) -> str:
    console = Console(width=120, file=io.StringIO())
    console.print(*parts, sep="\n")
    return console.file.getvalue()

"""The simulated study: workers, order, cost, and what is measured on it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.backtest.candidate import Candidate, resolved
from espalier.backtest.compare import compare
from espalier.backtest.curves import Curves, curves_of, read_file, read_folder
from espalier.backtest.measure import Setting, mean_of, regret, study
from espalier.backtest.simulate import duration, simulate
from espalier.errors import SpecError, UsageError
from espalier.pruning import Direction
from espalier.store import Log, read_lines

CURVES = Path(__file__).parent.parent / "curves"
TASKS = {curves.name: curves for curves in read_folder(CURVES)}
AUTO = Candidate("Auto", {"type": "Auto"})
NOP = Candidate("Nop", {"type": "Nop"}, {"nanPatience": 0})


class Recorder:
    """An engine that prunes given trials at given steps, and notes what it is told."""

    def __init__(self, prune_at: dict[int, int] | None = None) -> None:
        self.prune_at = prune_at or {}
        self.told: list[tuple[float, int, int]] = []
        self.closed: list[int] = []

    def report(self, trial: int, step: int, value: float, at: float) -> list[int]:
        self.told.append((at, trial, step))
        return [trial] if self.prune_at.get(trial) == step else []

    def close(self, trial: int, completed: bool, at: float) -> None:
        self.closed.append(trial)


def made(trials: int = 6, steps: int = 4, pace: float = 1.0) -> Curves:
    values = np.arange(trials * steps, dtype=float).reshape(trials, steps)
    seconds = np.tile(np.arange(1, steps + 1) * pace, (trials, 1))
    return Curves("made", Direction.MAXIMIZE, values, seconds)


@given(st.integers(1, 9), st.integers(1, 7), st.integers(1, 5))
def test_without_pruning_every_step_is_reported_once_in_the_order_of_time(workers, trials, steps):
    recorder = Recorder()
    outcome = simulate(made(trials, steps), workers, recorder)
    assert sorted(told[1:] for told in recorder.told) == [
        (trial, step) for trial in range(trials) for step in range(1, steps + 1)
    ]
    times = [told[0] for told in recorder.told]
    assert times == sorted(times)
    assert outcome.spent == pytest.approx(trials * steps)
    assert outcome.ended_at == pytest.approx(-(-trials // workers) * steps)


def test_never_more_trials_run_than_there_are_workers():
    recorder = Recorder({0: 2, 3: 1})
    simulate(made(8), 3, recorder)
    running: set[int] = set()
    for _, trial, step in recorder.told:
        running.add(trial)
        assert len(running) <= 3
        if step == 4 or recorder.prune_at.get(trial) == step:
            running.remove(trial)


def test_a_pruned_trial_stops_costs_no_more_and_frees_its_worker():
    recorder = Recorder({0: 1})
    outcome = simulate(made(2), 1, recorder)
    assert outcome.steps == [1, 4]
    assert outcome.spent == pytest.approx(5.0)
    assert outcome.completed_at.tolist() == [np.inf, 5.0]
    assert recorder.closed == [1]


def test_a_trial_that_anothers_value_prunes_stops_there_and_frees_its_worker():
    class Ousts(Recorder):
        def report(self, trial: int, step: int, value: float, at: float) -> list[int]:
            super().report(trial, step, value, at)
            return [0] if (trial, step) == (1, 2) else []

    pace = np.array([[3.0, 6.0, 9.0, 12.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]])
    curves = Curves("made", Direction.MAXIMIZE, np.zeros((3, 4)), pace)
    recorder = Ousts()
    outcome = simulate(curves, 2, recorder)
    assert outcome.steps == [0, 4, 4]
    assert outcome.spent == pytest.approx(2.0 + 4.0 + 4.0)
    assert outcome.completed_at.tolist() == [np.inf, 4.0, 6.0]
    assert recorder.closed == [1, 2]


def test_what_runs_at_the_end_of_the_budget_does_not_complete():
    outcome = simulate(made(3), 1, Recorder(), until=6.0)
    assert outcome.completed_at.tolist() == [4.0, np.inf, np.inf]


@pytest.mark.parametrize("workers", [1, 7, 8, 500])
def test_the_duration_without_pruning_is_that_of_a_simulation_without_pruning(workers):
    for curves in TASKS.values():
        assert duration(curves, workers) == simulate(curves, workers, None).ended_at


@pytest.mark.parametrize(
    ("finals", "chosen", "expected"),
    [
        pytest.param([1, 2, 3], [0, 0, 1], 0.0, id="the winner completed"),
        pytest.param([1, 2, 3], [0, 1, 0], 1.0, id="the median is one unit behind"),
        pytest.param([1, 2, 3], [0, 0, 0], 1.0, id="nothing completed"),
        pytest.param([2, 2, 2], [1, 0, 0], 0.0, id="all are equal"),
        pytest.param([1, 2, 2], [1, 0, 0], 0.0, id="there is no unit where the median is best"),
        pytest.param([1, -np.inf, 3], [0, 1, 1], 0.0, id="a diverged trial counts nowhere"),
    ],
)
def test_regret(finals, chosen, expected):
    got = regret(np.array(finals, dtype=float), np.array(chosen, dtype=bool))
    assert got == pytest.approx(expected)


def test_nop_saves_nothing_and_loses_nothing_on_any_task():
    for curves in TASKS.values():
        found = study(curves, NOP, Setting(trials=20), 0)
        assert (found.saved, found.regret, found.lost) == (pytest.approx(0.0), 0.0, 0.0)


def test_the_same_seed_gives_the_same_figures_and_another_one_others():
    curves = TASKS["tfm_stdlib_nats"]
    setting = Setting(trials=30, orders=2)
    assert study(curves, AUTO, setting, 1) == study(curves, AUTO, setting, 1)
    assert setting.order(curves, 0) != Setting(trials=30, seed=1).order(curves, 0)


def test_auto_saves_half_and_keeps_the_winner_of_a_clean_and_of_a_noisy_task():
    for name in ("tfm_stdlib_nats", "mlp_mroz_smallval_acc"):
        found = mean_of([study(TASKS[name], AUTO, Setting(), number) for number in range(4)])
        assert found.saved > 0.45, name
        assert found.lost <= 0.25, name


def test_auto_loses_fewer_winners_than_default_successive_halving():
    both = [AUTO, Candidate("SHA", {"type": "SuccessiveHalving"})]
    tasks = [TASKS["tfm_stdlib_nats"], TASKS["lgbm_diamonds_rmse"]]
    auto, halving = compare(both, tasks, Setting(orders=3))
    assert auto.mean.lost < halving.mean.lost


def test_shares_of_the_horizon_become_steps_rounded_up():
    spec = {"type": "Any", "any": [{"median": {"warmupSteps": "8%", "peers": "Reached"}}]}
    assert resolved(spec, 81)["any"][0]["median"] == {"warmupSteps": 7, "peers": "Reached"}


def test_a_bad_pruner_says_what_is_wrong():
    with pytest.raises(SpecError, match="percentile"):
        study(made(), Candidate("bad", {"type": "Percentile"}), Setting(), 0)


def test_recorded_tasks_have_what_their_description_says():
    assert len(TASKS) == 6
    for curves in TASKS.values():
        about = json.loads((CURVES / f"{curves.name}.json").read_text())
        assert curves.values.shape == (about["n"], about["s"])


def test_a_folder_without_tasks_says_what_is_expected(tmp_path):
    with pytest.raises(UsageError, match=r"NAME\.npz"):
        read_folder(tmp_path)


def test_a_file_without_values_says_what_is_expected(tmp_path):
    np.savez(tmp_path / "a.npz", other=np.zeros(3))
    (tmp_path / "a.json").write_text('{"direction": "min"}')
    with pytest.raises(UsageError, match="values"):
        read_file(tmp_path / "a.npz")


SETTINGS = {
    "metric": "loss",
    "direction": "Minimize",
    "target": None,
    "seed": 0,
    "trials": 9,
    "pruner": {"type": "Nop"},
    "pruning": {},
}


def log_of(rows: list[dict]) -> Log:
    """Return the log that its lines would tell."""
    return read_lines([json.dumps(row) for row in rows], "default/study")


def test_complete_trials_of_a_log_become_curves_and_others_do_not():
    settings = {**SETTINGS, "horizon": 2}
    rows = [{"kind": "study", "uid": "u", "settings": settings}]
    for trial, steps in ((0, 2), (1, 1), (2, 2)):
        for step in range(1, steps + 1):
            value = None if trial == 2 else float(step)
            rows.append(
                {
                    "kind": "observation",
                    "trial": trial,
                    "attempt": 1,
                    "seq": len(rows),
                    "metric": "loss",
                    "step": step,
                    "value": value,
                    "at": 10.0 * step + trial,
                }
            )
        state = "Completed" if steps == 2 else "Pruned"
        rows.append({"kind": "end", "trial": trial, "state": state, "seq": len(rows), "at": 0.0})
    curves = curves_of(log_of(rows), "default/study")
    assert curves.values.tolist()[0] == [1.0, 2.0]
    assert np.isnan(curves.values[1]).all()
    assert curves.seconds.tolist() == [[10.0, 20.0], [10.0, 20.0]]


def test_a_trial_that_completed_without_a_value_of_the_objective_is_no_curve():
    settings = {**SETTINGS, "horizon": 1}
    seen = {"kind": "observation", "attempt": 1, "step": 1, "at": 1.0, "value": 3.0, "seq": 1}
    over = {"seq": 2, "at": 2.0}
    silent = [
        {"kind": "study", "uid": "u", "settings": settings},
        {**seen, "trial": 0, "metric": "accuracy"},
        {"kind": "end", "trial": 0, "state": "Completed", **over},
    ]
    spoken = [
        {**seen, "trial": 1, "metric": "loss"},
        {"kind": "end", "trial": 1, "state": "Completed", **over},
    ]
    assert curves_of(log_of([*silent, *spoken]), "default/study").values.tolist() == [[3.0]]
    with pytest.raises(UsageError, match="a value at every step"):
        curves_of(log_of(silent), "default/study")

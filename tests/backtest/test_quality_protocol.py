"""The protocol of measuring goes on where it stopped, and its report is arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from espalier.backtest.compare import Result
from espalier.backtest.interval import bootstrap
from espalier.backtest.measure import Measured, Setting, study
from espalier.backtest.simulate import simulate
from espalier.pruning import Terms
from tests.backtest.test_simulate import TASKS
from tests.bench.quality import main
from tests.bench.quality_pruners import optunas, ours
from tests.bench.quality_record import latest, read, revision
from tests.bench.quality_report import against_optuna, markdown
from tests.cli.recorded import write_curves

PRUNERS = ("Nop", "Optuna Median")
ONCE = ("--orders", "2", "--trials", "6", "--workers", "2", "--budgets-at", "2", "--jobs", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("protocol") / "kinds"
    write_curves(made)
    return made


def run(folder: Path, out: Path) -> str:
    words = ["run", str(folder), "--out", str(out), *ONCE]
    words += [word for pruner in PRUNERS for word in ("--pruner", pruner)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.stderr


def test_an_interrupted_run_goes_on_and_keeps_every_list(folder, tmp_path):
    out = tmp_path / "quality.jsonl"
    assert "4 results wanted, 0 of them known" in run(folder, out)
    lines = out.read_text().splitlines()
    out.write_text("\n".join(lines[:2]) + "\n" + lines[2][:40])
    assert "4 results wanted, 2 of them known" in run(folder, out)
    records = latest(read(out))
    assert len(records) == 4
    assert all(len(record.lists) == 2 for record in records)
    assert all(len(each.budget_regret) == 3 for record in records for each in record.lists)
    report = CliRunner().invoke(main, ["report", str(out)]).stdout
    assert "## kinds, 2 workers" in report
    assert "| Optuna Median |" in report


def test_results_of_other_code_are_not_taken_for_this_ones(folder, tmp_path):
    out = tmp_path / "quality.jsonl"
    run(folder, out)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    old = [{**row, "revision": "old"} for row in rows if row["pruner"] == "Nop"]
    out.write_text("\n".join(json.dumps(row) for row in old) + "\n")
    assert "0 of them known" in run(folder, out)


def test_a_pruner_that_is_not_yet_on_every_task_is_left_out(folder, tmp_path):
    out = tmp_path / "quality.jsonl"
    run(folder, out)
    records = [r for r in read(out) if (r.unit.pruner, r.unit.task) != ("Nop", "imp_digits_acc")]
    report = markdown(records, PRUNERS)
    assert "left out: Nop" in report
    assert "| Nop | 0" not in report.split("## Processor time")[0]


def test_auto_is_set_beside_the_best_of_optuna_in_pairs():
    def made(label: str, *regrets: float) -> Result:
        lists = tuple(Measured(0.5, 0.0, 0.0, (regret, 0.0, 0.0)) for regret in regrets)
        return Result(label, {"task": lists})

    results = [made("Auto", 0.2, 0.4), made("Optuna a", 0.5, 0.5), made("Optuna b", 0.1, 0.1)]
    low, high = bootstrap([0.2 - 0.1, 0.4 - 0.1])
    row = against_optuna(results, ["task"]).splitlines()[2]
    assert row == f"| task | 10% | 0.100 (b) | +0.200 [{low:+.3f}, {high:+.3f}] |"


def test_the_fingerprints_of_ours_and_of_optunas_differ():
    assert revision("Auto") == revision("Median")
    assert revision("Auto") != revision("Optuna Median")


def test_fifteen_settings_of_optuna_and_every_pruner_of_ours_are_measured():
    assert len(optunas()) == 15
    kinds = {maker.label.split()[0].rstrip(",") for maker in ours()}
    assert kinds == {
        *("Auto", "Bandit", "Hyperband", "Median", "Nop", "Patient", "Percentile", "Posterior"),
        *("SuccessiveHalving", "Threshold", "Wilcoxon"),
    }


@pytest.mark.parametrize("maker", [*ours(), *optunas()], ids=lambda maker: maker.label)
def test_each_of_them_runs(maker):
    found = study(TASKS["mlp_digits_nll"], maker, Setting(trials=6), 0)
    assert 0.0 <= found.saved < 1.0


def test_in_the_real_optuna_nothing_is_pruned_at_the_last_step():
    curves = TASKS["tfm_stdlib_nats"].take(range(12))
    engine = optunas()[1].make(Terms(curves.direction, curves.steps, study_uid="s", trials=12))
    steps = simulate(curves, 2, engine)
    assert [s == curves.steps for s in steps.steps] == (steps.completed_at < float("inf")).tolist()

"""The protocol of measuring goes on where it stopped, and its report is arithmetic."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from espalier.backtest.calibration import Calibration, Stated
from espalier.backtest.compare import Result
from espalier.backtest.interval import bootstrap
from espalier.backtest.measure import Measured, Setting, study
from espalier.backtest.simulate import simulate
from espalier.pruning import Direction, Terms
from tests.backtest.test_simulate import TASKS
from tests.bench.quality import Size, main
from tests.bench.quality_calibration import markdown_of
from tests.bench.quality_kinds import by_kind, by_kind_reevaluated, kinds_in
from tests.bench.quality_pruners import before, optunas, ours
from tests.bench.quality_record import latest, read, revision
from tests.bench.quality_report import against_optuna, markdown
from tests.cli.recorded import write_curves

PRUNERS = ("Nop", "Optuna Median")
ONCE = ("--orders", "2", "--size", "6/2", "--budgets", "--jobs", "1")


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
    assert "## kinds, 6 trials, 2 workers" in report
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
    report = markdown(records, PRUNERS, {})
    assert "left out: Nop" in report
    assert "| Nop | 0" not in report.split("## Processor time")[0]


def test_studies_of_several_sizes_are_one_run_and_a_section_each(folder, tmp_path):
    out = tmp_path / "quality.jsonl"
    words = ["run", str(folder), "--out", str(out), "--orders", "1", "--jobs", "1"]
    words += ["--size", "6/2", "--size", "4/1", "--pruner", "Nop"]
    assert CliRunner().invoke(main, words).exit_code == 0
    sizes = {(record.unit.trials, record.unit.workers) for record in latest(read(out))}
    assert sizes == {(6, 2), (4, 1)}
    report = CliRunner().invoke(main, ["report", "--brief", str(out)]).stdout
    assert "## All tasks, 6 trials, 2 workers" in report
    assert "## All tasks, 4 trials, 1 workers" in report
    assert "Processor time" not in report


@pytest.mark.parametrize("text", ["24", "24/", "1/4", "24/0", "a/b", "24/4/1"])
def test_a_size_is_trials_and_workers(text):
    with pytest.raises(click.BadParameter, match="such as 24/4"):
        Size().convert(text, None, None)


def test_kinds_are_told_apart_with_the_mean_of_their_tasks():
    lists = {"calm": (0.6, 0.0, 0.0), "calmer": (0.8, 0.1, 1.0), "rough": (0.4, 0.3, 1.0)}
    result = Result("Auto", {task: (Measured(*each),) for task, each in lists.items()})
    kinds = {"calm": "clean", "calmer": "clean", "rough": "noisy"}
    (found,) = by_kind([result], kinds)
    heads, _, row = found.splitlines()
    assert heads == "| saved / regret / lost | clean (2) | noisy (1) | mean |"
    assert row.startswith("| Auto | 0.700 / 0.050 / 50.0% | 0.400 / 0.300 / 100.0% |")
    assert by_kind_reevaluated([result], kinds) == []


def test_by_re_evaluation_only_tasks_that_have_one_count():
    again = Measured(0.4, 0.3, 1.0, (), 0.01, 0.0)
    result = Result("Auto", {"calm": (Measured(0.6, 0.0, 0.0),), "rough": (again,)})
    _, table = by_kind_reevaluated([result], {"calm": "clean", "rough": "noisy"})
    assert table.splitlines()[2] == "| Auto | 0.400 / 0.010 / 0.0% | 0.400 / 0.010 / 0.0% |"


def test_the_kinds_of_all_tasks_are_read_from_their_files():
    kinds = kinds_in(Path("tests/curves"))
    assert kinds["mlp_mroz_smallval_acc"] == "noisy"
    assert kinds["qlearn_grid_success"] == "jumps"
    assert set(kinds.values()) == {"clean", "crossing", "jumps", "noisy"}


@pytest.mark.parametrize("edition", ["1", "2"])
def test_what_each_stated_risk_loses_is_printed_for_an_edition(folder, edition):
    words = ["calibration", str(folder), "--orders", "1", "--size", "6/2", "--jobs", "1"]
    words += ["--risk", "0.05", "--risk", "0.2", "--pruner", "Auto", "--edition", edition]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    heads, _, row = result.stdout.splitlines()
    assert heads == "| pruner | tasks | lost at 0.05 (saved) | lost at 0.2 (saved) |"
    assert row.startswith("| Auto | all (2) | ")


def test_calibration_by_kind_is_arithmetic():
    told = Measured(0.5, 0.1, 1.0, (), 0.0, 0.0)
    lists = {"rough": (told, told), "calm": (Measured(0.7, 0.0, 0.0),) * 2}
    kinds = {"rough": "noisy", "calm": "clean"}
    found = Calibration("Auto", (Stated(0.05, Result("Auto", lists)),), kinds)
    rows = [line.split(" | ")[1:] for line in markdown_of([found]).splitlines()[2:]]
    assert [(row[0], row[1].split()[0], row[1].split()[-2]) for row in rows] == [
        ("clean (1)", "0.0%", "(0.70)"),
        ("noisy (1)", "100.0%", "(0.50)"),
        ("noisy, told by re-evaluation (1)", "0.0%", "(0.50)"),
        ("all (2)", "50.0%", "(0.60)"),
        ("all, told by re-evaluation (1)", "0.0%", "(0.50)"),
    ]


def test_what_the_first_edition_decides_has_the_same_settings_as_what_is_set_beside_it():
    newest = {maker.label: maker for maker in ours()}
    for maker in before():
        twin = newest[maker.label.removesuffix(", edition 1")]
        assert replace(maker, label=twin.label, edition=None) == twin
        assert maker.judge(Terms(Direction.MINIMIZE, 20)).ledger.terms.edition == 1


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
        *("Slack", "SuccessiveHalving", "Threshold", "Wilcoxon"),
    }


@pytest.mark.parametrize("maker", [*before(), *ours(), *optunas()], ids=lambda maker: maker.label)
def test_each_of_them_runs(maker):
    found = study(TASKS["mlp_digits_nll"], maker, Setting(trials=6), 0)
    assert 0.0 <= found.saved < 1.0


def test_in_the_real_optuna_nothing_is_pruned_at_the_last_step():
    curves = TASKS["tfm_stdlib_nats"].take(range(12))
    engine = optunas()[1].make(Terms(curves.direction, curves.steps, study_uid="s", trials=12))
    steps = simulate(curves, 2, engine)
    assert [s == curves.steps for s in steps.steps] == (steps.completed_at < float("inf")).tolist()

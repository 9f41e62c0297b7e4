"""`espalier backtest`: what it prints, draws and refuses, and that its examples are true."""

from __future__ import annotations

import io
import json
import pickle
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from espalier.backtest.calibration import Calibration, Stated
from espalier.backtest.compare import Result as Compared
from espalier.backtest.measure import Measured
from espalier.cli.backtest import command
from espalier.cli.backtest_tables import by_task, means, of_calibrations
from espalier.cli.main import COMMANDS, main
from espalier.errors import SpecError
from espalier.generate.backtest_page import backtest_page
from espalier.generate.commands_page import commands_page
from espalier.generate.flags_page import flags_page
from tests.cli.recorded import TASKS, TRIALS, write_curves, write_elsewhere, write_store
from tests.docs.test_examples import commands
from tests.store.storing import url_of

QUICK = ("--orders", "2", "--jobs", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recorded")
    for name in ("tests/curves", "curves"):
        write_curves(made / name)
    exported = CliRunner().invoke(main, ["export", "digits", "--store", write_store(made)])
    assert exported.exit_code == 0, exported.output
    (made / "digits.jsonl").write_text(exported.stdout)
    write_elsewhere(made)
    return made


@pytest.fixture
def store(folder: Path) -> str:
    return url_of(folder)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["backtest", str(folder / "curves"), *QUICK, *words])


def figures(folder: Path, *words: str) -> dict:
    result = run(folder, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def examples() -> list[str]:
    """Return the examples of the help and those of the documents, each on one line."""
    shown = (command.help or "").split("Examples:")[1].replace("\\\n", " ")
    own = [line.strip() for line in shown.splitlines() if line.strip().startswith("espalier ")]
    return own + [line for _, line in commands() if line.startswith("espalier backtest ")]


@pytest.mark.parametrize("line", examples())
def test_every_example_runs(line, folder, store, monkeypatch):
    monkeypatch.chdir(folder)
    words = shlex.split(line, comments=True)[1:]
    quick = ("--orders", "1", "--jobs", "1", "--store", store)
    result = CliRunner().invoke(main, [*words, *quick])
    assert result.exit_code == 0, result.output
    if "--picture" in words:
        ElementTree.parse(folder / words[words.index("--picture") + 1])


def test_the_references_have_every_command():
    pages = commands_page() + backtest_page() + flags_page()
    assert {name for name in COMMANDS if f"# `espalier {name}`" not in pages} == set()


def test_the_reference_names_every_key_of_the_json(folder):
    page = backtest_page()
    modes = ((), ("--frontier",), ("--calibration",))
    found = [figures(folder, "--pruner", "Auto", *mode) for mode in modes]
    assert {key for key in _keys(found) if f"`{key}`" not in page} == set()


def _keys(value: object) -> Iterator[str]:
    """Give all keys, but those that are the names of tasks."""
    if isinstance(value, dict):
        yield from value.keys() - set(TASKS)
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _keys(inner)


def test_the_help_has_an_example_of_each_kind():
    shown = " ".join(examples())
    for option in ("--frontier", "--calibration", "--sweep", "--picture", "--json", "--pruner"):
        assert option in shown


@pytest.mark.parametrize("mode", [(), ("--frontier",), ("--calibration",)], ids=str)
def test_the_number_of_jobs_changes_nothing(mode, folder):
    pruners = ("--pruner", "Auto", "--pruner", "Posterior")
    one, two = (figures(folder, *mode, *pruners, "--jobs", jobs) for jobs in ("1", "2"))
    assert one == two


def test_what_is_wrong_is_said_from_another_process_too(folder):
    words = ("--pruner", "{type: Median, median: {warmupSteps: often}}")
    one, two = (run(folder, *words, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.exit_code == two.exit_code == 2
    assert "warmupSteps" in one.output
    assert one.output == two.output


def test_an_error_survives_the_way_out_of_a_process():
    error = pickle.loads(pickle.dumps(SpecError("spec.pruner", "wrong")))
    assert (error.field, error.message, str(error)) == (
        "spec.pruner",
        "wrong",
        "spec.pruner: wrong",
    )


def test_a_comparison_is_printed_as_means_and_by_task_and_as_json_with_every_list(folder):
    result = run(folder, "--pruner", "Nop", "--pruner", "{type: Median, median: {peers: Reached}}")
    assert result.exit_code == 0, result.output
    for text in ("saved / lost", *TASKS, "Median peers=Reached"):
        assert text in result.stdout
    found = figures(folder, "--pruner", "Nop", "--budgets")["results"][0]
    assert found["pruner"] == "Nop"
    assert len(found["tasks"][TASKS[0]]["lists"]) == 2
    assert set(found["tasks"][TASKS[0]]["lists"][0]["budgetRegret"]) == {"10%", "25%", "50%"}


def test_a_frontier_has_a_point_for_each_value_and_is_drawn(folder, tmp_path):
    picture = tmp_path / "frontier.svg"
    words = ("--sweep", "median.warmupSteps=0,50%", "--picture", str(picture))
    (found,) = figures(folder, *words)["frontier"]
    assert (found["pruner"], found["knob"]) == ("Median", "median.warmupSteps")
    assert [point["value"] for point in found["points"]] == [0, "50%"]
    assert {"low", "mean", "high"} == set(found["points"][0]["lost"])
    assert ">Median, warmupSteps<" in picture.read_text()
    assert re.search(r"Median +warmupSteps=0 ", run(folder, *words).stdout)


def test_a_point_of_the_frontier_is_the_comparison_of_its_pruner(folder):
    (swept,) = figures(folder, "--sweep", "auto.risk=0.4")["frontier"]
    (alone,) = figures(folder, "--pruner", "{type: Auto, auto: {risk: 0.4}}")["results"]
    assert swept["points"][0]["tasks"] == alone["tasks"]


def test_a_calibration_has_a_class_for_each_stated_risk(folder):
    words = ("--calibration", "--sweep", "posterior.risk=0.1,0.5")
    (found,) = figures(folder, *words)["calibration"]
    assert [each["stated"] for each in found["classes"]] == [0.1, 0.5]
    assert found["classes"][0]["studies"] == 2 * len(TASKS)
    assert "within 1.5" in run(folder, *words).stdout


@pytest.mark.parametrize(
    ("lost", "of", "said"),
    [
        (0, 20, "safer than stated, unsure"),
        (0, 2000, "safer than stated"),
        (100, 2000, "yes"),
        (1, 20, "yes, unsure"),
        (400, 2000, "no, loses more"),
    ],
)
def test_a_calibration_says_whether_a_risk_is_kept(lost, of, said):
    measured = [Measured(0.5, 0.0, float(number < lost)) for number in range(of)]
    stated = Stated(0.05, Compared("Auto", {"task": tuple(measured)}))
    console = Console(width=100, file=io.StringIO())
    console.print(of_calibrations([Calibration("Auto", (stated,))]))
    assert console.file.getvalue().rstrip().endswith(f"  {said}")


def test_what_rounds_to_nothing_has_no_sign():
    result = Compared("Nop", {"task": (Measured(-1e-17, 0.0, 0.0),) * 3})
    console = Console(width=100, file=io.StringIO())
    console.print(means([result], budgets=False), by_task([result], ["task"]))
    assert "0% (0%-0%)" in console.file.getvalue()
    assert not re.search(r"[ (]-0%", console.file.getvalue())


def test_guards_hold_for_what_is_swept_as_well(folder):
    free = ("--pruning", "{exemptPercent: 100}")
    (found,) = figures(folder, *free, "--sweep", "median.warmupSteps=0")["frontier"]
    assert found["points"][0]["saved"]["mean"] == pytest.approx(0.0)


def test_lists_that_hold_every_trial_are_pointed_out(folder):
    result = run(folder, "--pruner", "Nop")
    assert f"every list holds all {TRIALS} trials" in result.stderr
    assert "every list" not in run(folder, "--pruner", "Nop", "--trials", "6").stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("--pruner", "[1"), "YAML", id="a pruner that is no mapping"),
        pytest.param(("--sweep", "median"), "SECTION.SETTING", id="a knob without values"),
        pytest.param(("--frontier", "--pruner", "Nop"), "--sweep", id="a pruner without a knob"),
        pytest.param(
            ("--calibration", "--pruner", "Median"), "state a risk", id="a risk that is not stated"
        ),
        pytest.param(("--calibration", "--frontier"), "one of them", id="two runs at once"),
        pytest.param(("--frontier", "--budgets"), "--budgets", id="budgets of a frontier"),
        pytest.param(("--sweep", "auto.nosuch=1"), "nosuch", id="a setting that does not exist"),
    ],
)
def test_what_cannot_be_run_says_what_is_expected(words, expected, folder):
    result = run(folder, *words)
    assert result.exit_code != 0
    assert expected in result.output


def test_two_tasks_of_one_name_are_refused(folder):
    result = run(folder, str(folder / "tests/curves"))
    assert result.exit_code == 2
    assert "twice" in result.output

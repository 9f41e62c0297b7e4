"""`espalier recommend`: what it prints, draws and refuses, and that its examples are true."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from espalier import __version__
from espalier.api import parse_profile
from espalier.api.pruner import PrunerSpec
from espalier.cli.main import main
from espalier.cli.recommend import command
from tests.backtest.recommend.recorded_studies import late, smooth
from tests.cli.recorded import write_elsewhere, write_store
from tests.docs.test_examples import commands
from tests.store.storing import url_of

PAGE = "docs/how-to/let-records-choose-a-pruner.md"
TRIALS = 48
FEW = ("--pruner", "Median", "--pruner", "Nop")
QUICK = ("--jobs", "1", "--orders", "1", "--trials", "10")


def write_task(folder: Path, curves, direction: str = "max") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    values, seconds = curves.values, curves.seconds
    np.savez(folder / f"{curves.name}.npz", values=values, seconds=seconds)
    (folder / f"{curves.name}.json").write_text(json.dumps({"direction": direction}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("records")
    for name in ("curves", "tests/curves"):
        write_task(made / name, smooth())
        write_task(made / name, smooth("short", trials=30, steps=8))
    write_task(made / "one", smooth(trials=120))
    write_task(made / "late", late(trials=60))
    exported = CliRunner().invoke(main, ["export", "digits", "--store", write_store(made, TRIALS)])
    assert exported.exit_code == 0, exported.output
    for name in ("digits", "monday", "tuesday"):
        (made / f"{name}.jsonl").write_text(exported.stdout)
    write_elsewhere(made)
    return made


def run(folder: Path, *words: str, source: str = "curves") -> Result:
    return CliRunner().invoke(main, ["recommend", str(folder / source), *QUICK, *words])


def examples() -> list[str]:
    shown = (command.help or "").split("Examples:")[1]
    own = [line.strip() for line in shown.splitlines() if line.strip().startswith("espalier ")]
    return own + [line for _, line in commands() if line.startswith("espalier recommend ")]


@pytest.mark.parametrize("line", examples())
def test_every_example_runs(line, folder, monkeypatch):
    monkeypatch.chdir(folder)
    words = shlex.split(line, comments=True)[1:]
    few = () if "--pruner" in words else FEW
    quick = (*QUICK, "--store", url_of(folder))
    result = CliRunner().invoke(main, [*words, *few, *quick])
    assert result.exit_code == 0, result.output
    if "--picture" in words:
        ElementTree.parse(folder / words[words.index("--picture") + 1])


def test_the_page_shows_the_command():
    assert [page for page, line in commands() if line.startswith("espalier recommend ")].count(PAGE)


def test_everything_is_tried_where_nobody_names_a_pruner(folder):
    found = json.loads(run(folder, "-o", "json", source="one").stdout)
    types = {each["pruner"]["type"] for each in found["candidates"]}
    assert {"Auto", "Posterior", "Median", "SuccessiveHalving", "Wilcoxon", "SlackToBest"} <= types
    assert len(found["candidates"]) > 40


def test_all_that_is_printed_fits_into_80_columns(folder):
    for words in (FEW, (*FEW, "--goal", "BestUnderBudget"), ("--pruner", "SuccessiveHalving")):
        result = run(folder, *words)
        assert result.exit_code == 0, result.output
        assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80


@pytest.mark.parametrize("source", ["curves", "one"])
def test_a_profile_is_what_is_recommended_with_its_provenance(source, folder):
    result = run(folder, *FEW, "--profile", "kept-1", source=source)
    found = json.loads(run(folder, *FEW, "-o", "json", source=source).stdout)
    made = yaml.safe_load(result.stdout)
    assert made["metadata"] == {"name": "kept-1"}
    assert made["spec"]["pruner"] == yaml.safe_load(found["yaml"])["spec"]["pruner"]
    told = parse_profile(made).spec.provenance
    assert [(each.name, each.trials) for each in told.studies] == [
        (each["name"], each["whole"]) for each in found["studies"]
    ]
    (label,) = [each for each in found["candidates"] if each["label"] == found["recommended"]]
    assert told.saved == pytest.approx(label["saved"]["mean"], abs=1e-4)
    assert told.lost_high == pytest.approx(label["lost"]["high"], abs=1e-4)
    assert told.version == __version__
    assert told.note is not None
    assert told.note.startswith(("Take ", "Keep the default"))
    assert result.stderr == ""


def test_of_a_log_a_profile_names_the_study_and_the_command_but_not_the_store(folder):
    secret = "sqlite:////secret/espalier.db"
    file = str(folder / "digits.jsonl")
    words = ("--store", secret, "--max-lost", "2%", "--profile", "kept")
    result = CliRunner().invoke(main, ["recommend", file, *QUICK, *FEW, *words])
    assert result.exit_code == 0, result.output
    told = yaml.safe_load(result.stdout)["spec"]["provenance"]
    (study,) = told["studies"]
    assert study["name"] == "digits"
    assert study["uid"]
    assert "secret" not in result.stdout
    assert told["command"] == (
        f"espalier recommend {file} --max-lost 2% --pruner Median --pruner Nop --trials 10 "
        "--orders 1"
    )


def test_a_share_in_a_profile_is_in_steps_and_its_note_says_so(folder):
    halving = "{type: SuccessiveHalving, successiveHalving: {minResource: 20%}}"
    words = ("--pruner", halving, "--max-lost", "90%", "--orders", "64", "--profile", "kept")
    made = yaml.safe_load(run(folder, *words, source="one").stdout)
    assert made["spec"]["pruner"]["successiveHalving"]["minResource"] == 2
    note = made["spec"]["provenance"]["note"]
    assert "minResource is 20% of resource.max, here of 10." in note


@pytest.mark.parametrize("source", ["curves", "one", "late"])
def test_what_is_to_be_pasted_is_the_recommended_pruner_in_steps(source, folder):
    text = run(folder, *FEW, "-o", "yaml", source=source).stdout
    found = json.loads(run(folder, *FEW, "-o", "json", source=source).stdout)
    spec = yaml.safe_load(text)["spec"]["pruner"]
    PrunerSpec.model_validate(spec).build()
    assert spec["type"] == found["recommended"].split()[0]
    assert found["yaml"] == text
    assert text in run(folder, *FEW, source=source).stdout


def test_a_share_is_pasted_as_steps_with_the_share_beside_it(folder):
    halving = "{type: SuccessiveHalving, successiveHalving: {minResource: 20%}}"
    words = ("--pruner", halving, "--max-lost", "90%", "--orders", "64", "-o", "yaml")
    text = run(folder, *words, source="one").stdout
    assert text.startswith("# minResource is 20% of resource.max, here of 10\n")
    assert yaml.safe_load(text)["spec"]["pruner"]["successiveHalving"]["minResource"] == 2


def test_a_recommendation_says_why_and_what_it_cannot_tell(folder):
    said = " ".join(run(folder, *FEW, source="one").stdout.split())
    assert re.search(r"(Take \w+|Keep the default)", said)
    for words in (
        "smooth: 120 whole curves of 10 steps.",
        "on the halves of the trials that it did not see",
        "to show that at most 5% are lost takes 72, none of them lost",
        "no independent studies",
    ):
        assert words in said


def test_of_several_studies_it_says_that_each_was_left_out(folder):
    said = " ".join(run(folder, *FEW).stdout.split())
    assert "on the study left out each time" in said
    assert "no independent studies" not in said


def test_progress_and_the_time_left_are_said_beside_the_answer(folder):
    result = run(folder, *FEW)
    assert "Simulating" in result.stderr
    assert "seconds left" in result.stderr
    assert "Simulating" not in result.stdout
    assert run(folder, *FEW, "-o", "json").stderr == ""


def test_the_number_of_jobs_changes_nothing(folder):
    one, two = (run(folder, *FEW, "--jobs", jobs, "-o", "json").stdout for jobs in ("1", "2"))
    assert one == two


def test_a_pruned_study_is_called_biased_or_refused(folder, tmp_path):
    lines = (folder / "digits.jsonl").read_text().splitlines()
    cut = [
        each.replace('"Completed"', '"Pruned"') if '"Completed"' in each else each for each in lines
    ]
    ends = [place for place, (a, b) in enumerate(zip(lines, cut, strict=True)) if a != b]
    assert len(ends) >= TRIALS
    for pruned, said in ((10, "BIASED"), (40, "expected at least 24")):
        changed = set(ends[:pruned])
        text = [cut[i] if i in changed else line for i, line in enumerate(lines)]
        file = tmp_path / f"pruned-{pruned}.jsonl"
        file.write_text("\n".join(text) + "\n")
        result = CliRunner().invoke(main, ["recommend", str(file), *QUICK, *FEW])
        assert said in result.output
        assert (result.exit_code == 0) == (said == "BIASED")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("--max-lost", "many"), "a share such as 5%", id="no share"),
        pytest.param(("--max-lost", "100%"), "below 100%", id="all may be lost"),
        pytest.param(("--max-lost", "nan"), "a share such as 5%", id="not a number"),
        pytest.param(("--pruner", "[1"), "YAML", id="a pruner that is no mapping"),
        pytest.param(("--pruner", "Nosuch"), "Nosuch", id="a pruner that does not exist"),
        pytest.param(("--pruning", "{nosuch: 1}"), "nosuch", id="a guard that does not exist"),
        pytest.param(("--goal", "TimeToTarget"), "TimeToTarget", id="a goal without a measure"),
        pytest.param(("--profile", "Not A Name"), "--profile", id="no name of a profile"),
        pytest.param(("--profile", "a", "-o", "json"), "no -o json", id="two kinds of output"),
        pytest.param(
            ("--pruner", "{type: Profile, profile: {name: a}}"),
            "give the spec.pruner of that PrunerProfile",
            id="a pruner that is kept elsewhere",
        ),
    ],
)
def test_what_cannot_be_run_says_what_is_expected(words, expected, folder):
    result = run(folder, *words)
    assert result.exit_code == 2
    assert expected in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_is_no_study_either(folder):
    words = ["recommend", "nowhere.jsonl", "--store", url_of(folder), *QUICK]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "there is no file or folder 'nowhere.jsonl'" in result.output


def test_two_studies_of_one_name_are_refused(folder, tmp_path):
    shutil.copy(folder / "digits.jsonl", tmp_path / "digits.jsonl")
    words = ["recommend", str(folder / "digits.jsonl"), str(tmp_path / "digits.jsonl"), *QUICK]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "digits twice" in result.output


def test_too_few_trials_are_refused_with_what_to_do(folder, tmp_path):
    write_task(tmp_path / "few", smooth("few", trials=23))
    result = run(tmp_path, *FEW, source="few")
    assert result.exit_code == 2
    assert "got 23" in result.output
    assert "exemptPercent" in result.output

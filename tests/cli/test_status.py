"""Where a study stands, told by its Study alone, and by the read API where it answers."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from click.testing import CliRunner

from espalier.cli.main import main
from tests.cli.asking.commanded import cluster_of, commanded, study

ELSEWHERE = {"service": ("nowhere", "https:nothing:1")}
"""A cluster in which no read API is."""


def test_a_study_is_shown_with_all_that_is_told_of_it(golden: str, tmp_path: Path) -> None:
    done, _ = commanded(golden, tmp_path, "status", "digits")
    assert done.exit_code == 0, done.output
    for said in (
        *("research/digits", "Running", "11 of 20 ended", "2 running, 8 completed"),
        *("trial 2: 0.953229 (expected 0.95 [0.94, 0.96]) at epoch 12 with lr=0.1667",),
        *("2 h used, about 1 h saved (33% of all, between 30 min and 1 h 30 min)",),
        *("0.01 of 0.05 spent", "Quota: No [bold]room[/].", "▇▇▇"),
    ):
        assert said in done.stdout, said


def test_a_kubeconfig_is_enough(golden: str, tmp_path: Path) -> None:
    done, _ = commanded(golden, tmp_path, "status", "digits", **ELSEWHERE)
    assert done.exit_code == 0, done.output
    assert "11 of 20 ended" in done.stdout
    assert "trial 2: 0.953229" in done.stdout
    assert "the read API does not answer" in done.stdout


def test_the_read_api_and_the_study_give_a_program_the_same_fields(
    golden: str, tmp_path: Path
) -> None:
    whole = commanded(golden, tmp_path, "status", "digits", "-o", "json")[0]
    alone = commanded(golden, tmp_path, "status", "digits", "-o", "yaml", **ELSEWHERE)[0]
    by_api, by_study = json.loads(whole.stdout), yaml.safe_load(alone.stdout)
    assert by_api.keys() == by_study.keys()
    assert by_api["best"] == by_study["best"]
    assert by_api["counts"] == by_study["counts"] | {"pending": 0}


def test_a_study_that_is_gone_is_told_by_what_is_stored(golden: str, tmp_path: Path) -> None:
    done, _ = commanded(golden, tmp_path, "status", "research/language", objects=cluster_of())
    assert done.exit_code == 2  # this API server does not even know Studies
    there = cluster_of(study())
    gone = {"/apis/espalier.dev/v1alpha1/namespaces/research/studies/language": None}
    done, _ = commanded(golden, tmp_path, "status", "language", objects={**there, **gone})
    assert done.exit_code == 0, done.output
    assert "9 of 9 ended" in done.stdout
    assert "trial 2: 2.47648" in done.stdout


def test_a_study_that_never_was_is_said_not_to_be(golden: str, tmp_path: Path) -> None:
    path = "/apis/espalier.dev/v1alpha1/namespaces/research/studies/nosuch"
    done, _ = commanded(golden, tmp_path, "status", "nosuch", objects={path: None})
    assert done.exit_code == 2
    assert "there is no study 'nosuch' in namespace 'research'" in done.stderr


def test_an_exported_log_is_shown_without_a_cluster(exported: Path) -> None:
    words = ["status", "--from", str(exported / "digits.jsonl")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "trial 2: 0.953229 at epoch 12" in done.stdout
    assert "pruner Median" in done.stdout
    named = CliRunner().invoke(main, [*words, "-o", "name"])
    assert named.stdout == "study.espalier.dev/digits\n"


def test_no_colour_comes_where_no_terminal_is(golden: str, tmp_path: Path) -> None:
    done, _ = commanded(golden, tmp_path, "status", "digits", env={"FORCE_COLOR": ""})
    assert "\x1b" not in done.stdout


def test_names_and_messages_obey_nobody(golden: str, tmp_path: Path) -> None:
    conditions = [
        {"type": "Degraded", "status": "True", "reason": "\x1b[31mR", "message": "a\x07\u202eb\nc"}
    ]
    spoiled = study(conditions=conditions, state="\x9bRun")
    spoiled["spec"]["objective"]["metric"] = "[red]acc\x1b]0;title\x07"
    for output in ("table", "json", "yaml", "csv", "name"):
        words = ("status", "digits", "-o", output)
        done, _ = commanded(golden, tmp_path, *words, objects=cluster_of(spoiled), **ELSEWHERE)
        assert done.exit_code == 0, done.output
        assert all(each.isprintable() or each == "\n" for each in done.stdout)

"""All studies, one line each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.asking.commanded import cluster_of, commanded, study

STUDIES = cluster_of(
    study("digits"),
    study("language", counts={"completed": 20}, state="Succeeded", conditions=[], gpuSeconds=None),
    study("digits", "vision", gpuSeconds={"used": 100.0, "saved": 900.0}),
)


def names(golden: str, tmp_path: Path, *words: str) -> list[str]:
    done, _ = commanded(golden, tmp_path, "top", *words, "-o", "json", objects=STUDIES)
    assert done.exit_code == 0, done.output
    return [f"{each['namespace']}/{each['name']}" for each in json.loads(done.stdout)["items"]]


def test_studies_are_those_of_a_namespace_or_of_all(golden: str, tmp_path: Path) -> None:
    assert names(golden, tmp_path) == ["research/digits", "research/language"]
    assert names(golden, tmp_path, "-n", "vision") == ["vision/digits"]
    assert len(names(golden, tmp_path, "-A")) == 3


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", "research/digits"),
        ("saved", "vision/digits"),
        ("progress", "research/language"),
        ("state", "research/digits"),
        ("age", "research/digits"),
    ],
)
def test_studies_are_sorted(sort: str, first: str, golden: str, tmp_path: Path) -> None:
    assert names(golden, tmp_path, "-A", "--sort", sort)[0] == first


def test_a_line_tells_state_progress_best_savings_and_what_is_in_the_way(
    golden: str, tmp_path: Path
) -> None:
    done, _ = commanded(golden, tmp_path, "top", "-A", objects=STUDIES)
    lines = done.stdout.splitlines()
    assert lines[0].split()[:4] == ["NAMESPACE", "NAME", "STATE", "ENDED"]
    words = ("research", "digits", "Running", "11/20", "0.953229 (trial 2)", "33% (20%–43%)")
    for said in (*words, "Quota"):
        assert said in lines[1]
    assert "90%" in lines[3]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_longer_than_the_terminal(width: int, golden: str, tmp_path: Path) -> None:
    env = {"COLUMNS": str(width)}
    done, _ = commanded(golden, tmp_path, "top", "-A", "-o", "wide", objects=STUDIES, env=env)
    assert max(map(len, done.stdout.splitlines())) <= width


def test_a_namespace_without_studies_says_where_else_to_look(golden: str, tmp_path: Path) -> None:
    done, _ = commanded(
        golden,
        tmp_path,
        "top",
        objects=cluster_of(study("a", "other"))
        | {
            "/apis/espalier.dev/v1alpha1/namespaces/research/studies": {
                "metadata": {"resourceVersion": "1"},
                "items": [],
            }
        },
    )
    assert "-A looks in all namespaces" in done.stdout


def test_names_are_what_kubectl_takes(golden: str, tmp_path: Path) -> None:
    done, _ = commanded(golden, tmp_path, "top", "-o", "name", objects=STUDIES)
    assert done.stdout.split() == ["study.espalier.dev/digits", "study.espalier.dev/language"]


def test_a_cluster_without_espalier_says_so(golden: str, tmp_path: Path) -> None:
    done, _ = commanded(golden, tmp_path, "top", objects={})
    assert done.exit_code == 2
    assert "is Espalier installed there?" in done.stderr

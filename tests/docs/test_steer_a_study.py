"""The commands of the page on steering a study, on a real API server, in the page's order."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT, blocks
from tests.integration.api_server import ApiServer, api_server

PAGE = "docs/how-to/steer-a-study.md"
RUNNING = {"status": {"startTime": "2026-01-01T00:00:00Z"}}
TRIAL = {
    "apiVersion": "espalier.dev/v1alpha1",
    "kind": "Trial",
    "metadata": {"name": "digits-7"},
    "spec": {"study": {"name": "digits"}, "parameters": {"lr": 0.1, "optimizer": "adam"}},
}


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        yield server


def commands() -> list[list[str]]:
    lines = [line for page, text in blocks("console") if page == PAGE for line in text.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("kubectl ")]


def test_every_command_of_the_page_is_taken_by_a_study_that_runs(server):
    server.kubectl("apply", "-f", str(ROOT / "examples/digits/study.yaml"))
    server.patch("Study", "digits", RUNNING, subresource="status")
    server.create(TRIAL)
    met = []
    for words in commands():
        said = server.kubectl(*words)
        met.append(words[0])
        if words[0] == "patch":
            patch = json.loads(next(w for w in words if w.startswith("--patch=")).split("=", 1)[1])
            pruning = server.get("Study", "digits")["spec"]["pruning"]
            assert patch["spec"]["pruning"].items() <= pruning.items()
        if words[0] == "annotate":
            annotations = server.get("Trial", "digits-7")["metadata"].get("annotations", {})
            assert ("espalier.dev/protect" in annotations) == (not words[-1].endswith("-"))
        if words[0] == "get":
            assert {"PROTECTED", "EXEMPT"} <= set(said.splitlines()[0].split())
    assert met == ["patch", "patch", "annotate", "get", "annotate", "patch", "patch"]

"""The commands of the page on steering a study, on a real API server, in the page's order."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from espalier.cli.main import main
from tests.docs.test_examples import ROOT, blocks
from tests.integration.api_server import ApiServer, api_server

PAGE = "docs/how-to/steer-a-study.md"
RUNNING = {"status": {"startTime": "2026-01-01T00:00:00Z"}}
TRIALS = ("digits-7", "digits-8", "digits-9")
SAID = "espalier.dev/prune", "espalier.dev/protect"


def trial(name: str) -> dict:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": name},
        "spec": {"study": {"name": "digits"}, "parameters": {"lr": 0.1, "optimizer": "adam"}},
    }


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        yield server


def commands() -> list[list[str]]:
    lines = [line for page, text in blocks("console") if page == PAGE for line in text.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("kubectl ")]


def ours(server: ApiServer, words: list[str]) -> str:
    """Run a command of Espalier's."""
    where = ("--kubeconfig", str(server.kubeconfig), "-n", server.namespace)
    result = CliRunner().invoke(main, [*words, *where])
    assert result.exit_code == 0, result.output
    return result.output


def asked(server: ApiServer) -> dict[str, dict[str, str]]:
    """Return what people ask of each trial."""
    found = {}
    for name in TRIALS:
        said = server.get("Trial", name)["metadata"].get("annotations", {})
        found[name] = {key: said[key] for key in SAID if key in said}
    return found


def test_every_command_of_the_page_is_taken_by_a_study_that_runs(server: ApiServer) -> None:
    server.kubectl("apply", "-f", str(ROOT / "examples/digits/study.yaml"))
    server.patch("Study", "digits", RUNNING, subresource="status")
    for name in TRIALS:
        server.create(trial(name))
    most = server.get("Study", "digits")["spec"]["trials"]["max"]
    met = []
    for words in commands():
        said = ours(server, words[1:]) if words[0] == "espalier" else server.kubectl(*words)
        met.append(" ".join(words[:2]) if words[0] == "espalier" else words[0])
        spec, wanted = server.get("Study", "digits")["spec"], asked(server)
        match met[-1]:
            case "patch":
                given = next(w for w in words if w.startswith("--patch=")).split("=", 1)[1]
                patch = json.loads(given)["spec"]
                pruning = patch.pop("pruning", {})
                assert pruning.items() <= spec["pruning"].items()
                assert patch.items() <= spec.items()
            case "annotate":
                key, _, value = words[3].partition("=")
                found = wanted[words[2]].get(key.removesuffix("-"))
                assert found == (None if key.endswith("-") else value)
            case "get" if "wide" in words:
                assert {"PROTECTED", "EXEMPT"} <= set(said.splitlines()[0].split())
            case "espalier prune":
                assert wanted["digits-7"] == {SAID[0]: "overfits from epoch 3 on"}
            case "espalier keep":
                undone = "--undo" in words
                assert wanted["digits-9"] == ({} if undone else {SAID[1]: "a late bloomer"})
            case "espalier suspend":
                assert spec["suspend"] is True
            case "espalier stop":
                assert spec["stop"] is True
            case "espalier resume":
                assert (spec["suspend"], spec["stop"]) == (False, False)
            case "espalier extend":
                assert spec["trials"]["max"] == (most + 18 if words[-1] == "+18" else 60)
    assert met == [
        *("espalier prune", "get", "annotate"),
        *("patch", "patch", "espalier keep", "get", "espalier keep", "annotate", "annotate"),
        *("patch", "patch", "espalier suspend", "espalier resume"),
        *("espalier extend", "espalier extend"),
        *("espalier stop", "espalier resume", "patch", "patch"),
    ]

"""The commands of the page on a study's life, on a real API server, in the page's order."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT, blocks
from tests.integration.api_server import ApiServer, api_server

PAGE = "docs/how-to/life-of-a-study.md"
NEED_A_NODE = ("logs", "exec")
NOW = "2026-01-01T00:00:00Z"
ENDED = {
    "type": "Succeeded",
    "status": "True",
    "lastTransitionTime": NOW,
    "reason": "AllTrialsEnded",
    "message": "All 24 trials have ended.",
}


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        yield server


def commands() -> list[list[str]]:
    """Return the words of each call of kubectl, but those that need pods."""
    lines = [line for page, text in blocks("console") if page == PAGE for line in text.splitlines()]
    called = [shlex.split(line) for line in lines if line.startswith("kubectl ")]
    return [words[1:] for words in called if words[1] not in NEED_A_NODE]


def trial(name: str) -> dict:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": name, "labels": {"espalier.dev/study": "digits"}},
        "spec": {"study": {"name": "digits"}, "parameters": {"lr": 0.1, "optimizer": "adam"}},
    }


def test_every_command_of_the_page_does_what_it_says(server):
    met = set()
    for words in commands():
        if words[0] == "apply":
            words[words.index("-f") + 1] = str(ROOT / words[words.index("-f") + 1])
        if words[0] == "wait":
            seen = server.get("Study", "digits")["metadata"]["generation"]
            status = {"conditions": [ENDED | {"observedGeneration": seen}], "completionTime": NOW}
            server.patch("Study", "digits", {"status": status}, subresource="status")
        said = server.kubectl(*words)
        met.add(words[0])
        if words[0] == "apply":
            server.create(trial("digits-0"))
            server.create(trial("digits-1"))
            for name, phase in (("digits-0", "Pruned"), ("digits-1", "Running")):
                server.patch("Trial", name, {"status": {"phase": phase}}, subresource="status")
        if words[0] == "scale":
            assert server.get("Study", "digits")["spec"]["trials"]["parallelism"] == 8
        if words[0] == "patch":
            patch = json.loads(next(w for w in words if w.startswith("--patch=")).split("=", 1)[1])
            assert _within(patch["spec"], server.get("Study", "digits")["spec"])
        if words[:2] == ["delete", "trials"]:
            assert "digits-1" in said
            assert "digits-0" not in said
    assert met == {"apply", "get", "describe", "scale", "patch", "wait", "delete"}
    assert "NotFound" in server.kubectl("get", "study", "digits", check=False)


def _within(part: dict, whole: dict) -> bool:
    return all(
        _within(value, whole[key]) if isinstance(value, dict) else whole[key] == value
        for key, value in part.items()
    )

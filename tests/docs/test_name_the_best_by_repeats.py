"""The page on finalists: its study is what it says, and its commands do what they say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from scipy import stats

from espalier.api import parse_study
from tests.docs.test_examples import ROOT, blocks
from tests.integration.api_server import ApiServer, api_server

PAGE = "docs/how-to/name-the-best-by-repeats.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


def study() -> dict:
    (text,) = [text for page, text in blocks("yaml") if page == PAGE]
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        yield server


def test_every_command_of_the_page_is_taken_by_a_study_that_has_ended(server: ApiServer) -> None:
    without = study()
    wanted = without["spec"].pop("finalists")
    server.create(without)
    done = {"status": {"startTime": "2026-01-01T00:00:00Z"}}
    server.patch("Study", "noisy", done, subresource="status")
    lines = [line for page, text in blocks("console") if page == PAGE for line in text.splitlines()]
    for line in lines:
        server.kubectl(*shlex.split(line)[1:])
    assert server.get("Study", "noisy")["spec"]["finalists"] == wanted
    chosen = {"status": {"finalists": [{"number": 7, "trial": "noisy-7"}]}}
    server.patch("Study", "noisy", chosen, subresource="status")
    for changed in ({"count": 2}, {"repeats": 20}, None):
        patch = json.dumps({"spec": {"finalists": changed}})
        said = server.kubectl(
            "patch", "study", "noisy", "--type=merge", f"--patch={patch}", check=False
        )
        assert "spec.finalists is fixed once the finalists are chosen" in said


def test_the_pages_study_has_the_finalists_that_the_page_counts() -> None:
    spec = parse_study(study() | {"metadata": {"name": "noisy", "namespace": "n", "uid": "u"}}).spec
    assert spec.finalists is not None
    more = spec.finalists.count * spec.finalists.repeats
    assert f"runs {spec.trials.max} trials, and then {more} more" in TEXT


def test_the_table_of_repeats_is_the_power_of_the_test() -> None:
    table = re.findall(r"^\| (\d+) \| ([\d.]+) \|$", TEXT, re.MULTILINE)
    assert [int(repeats) for repeats, _ in table] == [3, 5, 10, 20]
    for repeats, difference in table:
        freedom = 2 * int(repeats) - 2
        most = stats.t.ppf(0.975, freedom)
        found = 1 - stats.nct.cdf(most, freedom, float(difference) * (int(repeats) / 2) ** 0.5)
        assert found == pytest.approx(0.8, abs=0.03)

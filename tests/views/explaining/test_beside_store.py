"""A reader beside the store and an exported log answer every why alike."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from espalier.cli.asking.source import OfLog, Texts
from espalier.read_api.known_studies import KnownStudies
from espalier.store import read_log
from espalier.store.sqlite.beside import StoreBeside
from espalier.views.plain import View
from espalier.views.query import Query
from espalier.views.questions import answer
from tools.golden_store import fill


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("store")
    return asyncio.run(fill(folder))


@pytest.mark.parametrize("name", ["digits", "language"])
def test_every_why_is_answered_alike(url: str, name: str) -> None:
    log = read_log(url, "research", name)
    assert log is not None
    beside, source = StoreBeside(url), OfLog(log)
    found = beside.find("research", name)
    assert found is not None

    def served(question: str, query: dict[str, str]) -> View:
        with KnownStudies(beside).study(found) as known:
            return answer(known.gathered, None, question, Query(Texts(query)))

    trials = [f"trials/{view['number']}/why" for view in served("trials", {})["items"]]
    for question in (*trials, "why", "risk", "shadows", "decisions"):
        query = {"counterfactual": "yes"} if question in trials else {}
        assert served(question, query) == asyncio.run(source.ask(question, query)), question
    every = {"action": "Any", "limit": "20", "continue": "30"}
    assert served("decisions", every) == asyncio.run(source.ask("decisions", every))

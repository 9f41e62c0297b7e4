"""Questions are answered alike, whatever answers them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from espalier.cli.asking.source import OfLog, all_items
from espalier.errors import UsageError
from espalier.store import read_log
from espalier.study_log.read_lines import read_lines
from espalier.study_log.write_lines import lines
from tools.golden_store import fill


@pytest.fixture(scope="module")
def of_log(tmp_path_factory: pytest.TempPathFactory) -> OfLog:
    folder: Path = tmp_path_factory.mktemp("store")
    log = read_log(asyncio.run(fill(folder)), "research", "digits")
    assert log is not None
    return OfLog(read_lines(lines(log), "digits.jsonl"))


def test_a_list_is_asked_for_page_by_page(of_log: OfLog) -> None:
    whole = asyncio.run(of_log.ask("trials"))
    assert asyncio.run(all_items(of_log, "trials", {"limit": "2"})) == whole["items"]


def test_a_log_is_told_as_often_as_somebody_asks(of_log: OfLog) -> None:
    async def told() -> list[str]:
        return [line async for line in of_log.log()]

    assert asyncio.run(told()) == asyncio.run(told()) != []


@pytest.mark.parametrize("question", ["nonsense", "trials/999", "trials/7/nonsense"])
def test_what_cannot_be_asked_is_said_in_words(of_log: OfLog, question: str) -> None:
    with pytest.raises(UsageError):
        asyncio.run(of_log.ask(question))

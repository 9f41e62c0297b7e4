"""What answers a command's questions about one study."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Protocol

from espalier.study_log.log import Log
from espalier.study_log.write_lines import lines
from espalier.views.gathered import gather
from espalier.views.plain import View
from espalier.views.query import Query
from espalier.views.questions import answer

Asked = Mapping[str, str | Sequence[str]]
"""A query: by name a text, or several."""


class StudySource(Protocol):
    """Answers questions about one study; `espalier.views.questions` has them all."""

    async def ask(self, question: str, query: Asked | None = None) -> View:
        """Return the answer to a question.

        Raises
        ------
        UsageError
            If there is no such study, trial or question, or who asks may not see it.
        RetryLater
            If what answers is away.
        """

    def log(self) -> AsyncIterator[str]:
        """Yield the study's whole log as JSON lines."""


class OfLog:
    """Answers out of a log, such as an exported file.

    Parameters
    ----------
    log
        The log, in memory.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._gathered = gather(log)

    async def ask(self, question: str, query: Asked | None = None) -> View:
        """Return the answer to a question."""
        return answer(self._gathered, None, question, Query(Texts(query or {})))

    async def log(self) -> AsyncIterator[str]:
        """Yield the study's whole log as JSON lines."""
        for line in lines(self._log):
            yield line


class Texts:
    """A query's texts by name, as `espalier.views.query` reads them."""

    def __init__(self, asked: Asked) -> None:
        self._asked = {
            name: [given] if isinstance(given, str) else list(given)
            for name, given in asked.items()
        }

    def get(self, key: str, default: str) -> str:
        """Return the first of this name."""
        found = self._asked.get(key)
        return found[0] if found else default

    def getall(self, key: str, default: list[str]) -> list[str]:
        """Return all of this name."""
        return self._asked.get(key, default)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield all of them, as they stand behind the question mark."""
        for name, given in self._asked.items():
            for text in given:
                yield name, text


async def all_items(source: StudySource, question: str, query: Asked | None = None) -> list[View]:
    """Return all items of a list that comes in pages."""
    items: list[View] = []
    more = ""
    while True:
        page = await source.ask(question, {**(query or {}), **({"continue": more} if more else {})})
        items += page["items"]
        if not page["continue"]:
            return items
        more = page["continue"]

"""Answers to a command's questions out of the read API."""

from __future__ import annotations

from collections.abc import AsyncIterator

from espalier.cli.asking.source import Asked, Texts
from espalier.cli.study_name import StudyName
from espalier.kube import ReadConnection
from espalier.views.plain import View


class OfApi:
    """Asks the read API about one study.

    Parameters
    ----------
    connection
        The way to it.
    study
        Which.
    """

    def __init__(self, connection: ReadConnection, study: StudyName) -> None:
        self._connection = connection
        self._path = f"/v1/namespaces/{study.namespace}/studies/{study.name}"

    async def ask(self, question: str, query: Asked | None = None) -> View:
        """Return the answer to a question."""
        path = f"{self._path}/{question}" if question else self._path
        return await self._connection.get(path, Texts(query or {}).pairs())

    async def log(self) -> AsyncIterator[str]:
        """Yield the study's whole log as JSON lines."""
        async for line in self._connection.lines(f"{self._path}/log"):
            yield line

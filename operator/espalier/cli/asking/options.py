"""The options by which a command is told whom to ask about a study, and what they open."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from espalier.cli.asking.api_source import OfApi
from espalier.cli.asking.source import OfLog, StudySource
from espalier.cli.study_name import StudyName, read_study_name
from espalier.errors import UsageError
from espalier.kube import Cluster, ReadConnection, ReadService, own_namespace
from espalier.study_log.read_lines import lines_of, read_lines

_SERVICE = re.compile(r"(?:(?P<namespace>[-a-z0-9]+)/)?(?P<name>[-a-z0-9]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Whom:
    """What a command was told of whom to ask.

    Parameters
    ----------
    namespace
        With -n.
    kubeconfig, context
        Another kubeconfig than kubectl's own, and one of its contexts.
    file
        An exported log, which is asked in the cluster's place.
    server
        Where an Ingress has the read API.
    operator_namespace, service
        Where the Service of the read API is, and which.
    """

    namespace: str | None = None
    kubeconfig: str | None = None
    context: str | None = None
    file: str | None = None
    server: str | None = None
    operator_namespace: str | None = None
    service: str = ""

    @property
    def config(self) -> str:
        """Return the path of the kubeconfig: what was given, or the one that kubectl would use."""
        return self.kubeconfig or own_kubeconfig()

    def study(self, text: str) -> StudyName:
        """Read which study is meant: NAME or NAMESPACE/NAME.

        Raises
        ------
        UsageError
            If it is none.
        """
        own = own_namespace(self.config, self.context)
        return read_study_name(text, self.namespace, own)

    async def cluster(self) -> Cluster:
        """Connect to the cluster's API server.

        Raises
        ------
        UsageError
            If the kubeconfig cannot be used.
        """
        return await Cluster.connect(self.config, self.context)

    async def read_api(self) -> ReadConnection:
        """Connect to the read API: where --server says, else through the API server.

        Raises
        ------
        UsageError
            If the kubeconfig cannot be used, or what was given names no Service or address.
        """
        if self.server:
            return await ReadConnection.at(self.config, self.context, self.server)
        service = _service(self.service, self.operator_namespace)
        return await ReadConnection.inside(self.config, self.context, service)


def own_kubeconfig() -> str:
    """Return the path of the kubeconfig that kubectl would use."""
    return os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")


_CLUSTER_OPTIONS = (
    click.option(
        "-n",
        "--namespace",
        help="Where a study is that is given by its name alone; if not given, where the "
        "kubeconfig's context says.",
    ),
    click.option("--kubeconfig", help="Another kubeconfig than kubectl's own."),
    click.option("--context", help="Another context of the kubeconfig than its present one."),
)
_READ_OPTIONS = (
    click.option(
        "--server",
        envvar="ESPALIER_SERVER",
        help="https://HOST of an Ingress to the read API; if not given, it is asked through the "
        "API server. Also ESPALIER_SERVER.",
    ),
    click.option(
        "--operator-namespace",
        help="Where the operator is installed; espalier-system if not given.",
    ),
    click.option(
        "--read-service",
        "service",
        envvar="ESPALIER_READ_SERVICE",
        default="",
        help="NAMESPACE/NAME:PORT of the Service of the read API. Also ESPALIER_READ_SERVICE.",
    ),
)
_FILE_OPTION = click.option(
    "--from",
    "file",
    type=click.Path(),
    help="An exported log, as JSON lines, which is asked in the cluster's place.",
)


def _taking(options: tuple[Any, ...], command: Callable[..., Any]) -> Callable[..., Any]:
    names = ("namespace", "kubeconfig", "context", "file", "server", "operator_namespace")

    @functools.wraps(command)
    def told(**values: Any) -> Any:
        given = {key: values.pop(key) for key in (*names, "service") if key in values}
        return command(given=Whom(**given), **values)

    result: Callable[..., Any] = told
    for option in reversed(options):
        result = option(result)
    return result


def study_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command with STUDY, which --from may stand in for; a shell completes it."""
    return click.argument("study", required=False, shell_complete=_studies)(command)


def _studies(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from espalier.cli.asking.study_names import complete_study  # it stands on this module

    return complete_study(context, parameter, incomplete)


def read_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that asks the read API alone: it takes a `Whom` as `given`."""
    return _taking((*_CLUSTER_OPTIONS, *_READ_OPTIONS), command)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that shows a study: it takes a `Whom` as `given`."""
    return _taking((*_CLUSTER_OPTIONS, _FILE_OPTION, *_READ_OPTIONS), command)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that asks the API server alone: it takes a `Whom` as `given`."""
    return _taking(_CLUSTER_OPTIONS, command)


@asynccontextmanager
async def opened(study: str | None, given: Whom) -> AsyncIterator[StudySource]:
    """Give what answers questions about a study: the read API, or an exported log.

    Parameters
    ----------
    study
        NAME or NAMESPACE/NAME; None will do where a log is given, which has one.

    Raises
    ------
    UsageError
        If no study is named, the file is no log or another study's, or the cluster cannot be asked.
    """
    if given.file is not None:
        log = read_lines(lines_of(Path(given.file)), given.file)
        _check_same(study, given, StudyName(log.study.namespace, log.study.name))
        yield OfLog(log)
        return
    if study is None:
        raise UsageError("STUDY", "expected NAME or NAMESPACE/NAME of a study, or --from FILE")
    name = given.study(study)
    async with await given.read_api() as connection:
        yield OfApi(connection, name)


def _check_same(study: str | None, given: Whom, found: StudyName) -> None:
    if study is None:
        return
    wanted = read_study_name(study, given.namespace, found.namespace)
    if wanted != found:
        raise UsageError("--from", f"expected a log of {wanted}, got one of {found}; name it so")


def _service(text: str, namespace: str | None) -> ReadService:
    usual = ReadService()
    parts = _SERVICE.fullmatch(text) if text else None
    if text and parts is None:
        raise UsageError(
            "ESPALIER_READ_SERVICE", f"expected NAMESPACE/NAME:PORT, got {text[:80]!r}"
        )
    found = parts.groupdict() if parts else {}
    return ReadService(
        namespace or found.get("namespace") or usual.namespace,
        found.get("name") or usual.name,
        int(found.get("port") or usual.port),
    )

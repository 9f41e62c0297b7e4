"""How a command changes one object, and what it says where that cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import click

from espalier.cli.asking.options import Whom
from espalier.cli.study_name import StudyName
from espalier.errors import EspalierError, UsageError
from espalier.kube import Cluster, Kind, NotFound, NotServed, Refused
from espalier.planning.world.status_words import condition_of

Object = Mapping[str, Any]

_FORBIDDEN = 403
_REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True, slots=True)
class Hand:
    """One object that a person changes.

    Parameters
    ----------
    cluster
        Where it is.
    kind
        A Study or a Trial.
    name
        Its namespace and name.
    dry_run
        Whether the API server is only asked whether it would take the change.
    found
        The object as it is.
    """

    cluster: Cluster
    kind: Kind
    name: StudyName
    dry_run: bool
    found: Object

    @property
    def status(self) -> Object:
        """What the operator says of it."""
        return self.found.get("status") or {}

    @property
    def spec(self) -> Object:
        """What it says of itself."""
        return self.found.get("spec") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        """Its annotations."""
        return self.found["metadata"].get("annotations") or {}

    async def change(self, body: Mapping[str, Any], *said: str, unchanged: bool = False) -> None:
        """Merge fields into the object, and say what follows.

        Parameters
        ----------
        said
            What was done, and what follows; printed once it is.
        unchanged
            Whether the object must be as it was found.

        Raises
        ------
        UsageError
            If the person may not.
        Refused
            If the API server does not take it: with its own words.
        """
        version = {"resourceVersion": self.found["metadata"]["resourceVersion"]}
        if unchanged:
            body = {**body, "metadata": {**body.get("metadata", {}), **version}}
        async with in_words(self.kind, self.name):
            await self.cluster.patch(
                self.kind, self.name.namespace, self.name.name, body, dry_run=self.dry_run
            )
        if self.dry_run:
            said = (f"{self.name}: the API server would take it; nothing was changed.",)
        for line in said:
            click.echo(line)


@asynccontextmanager
async def hand_on(given: Whom, kind: Kind, text: str, *, dry_run: bool) -> AsyncIterator[Hand]:
    """Find a Study or a Trial by NAME or NAMESPACE/NAME.

    Raises
    ------
    UsageError
        If there is none, or the person may not read it.
    """
    name = given.study(text)
    async with await given.cluster() as cluster:
        async with in_words(kind, name):
            found = await cluster.get(kind, name.namespace, name.name)
        yield Hand(cluster, kind, name, dry_run, found)


@asynccontextmanager
async def in_words(kind: Kind, name: StudyName) -> AsyncIterator[None]:
    """Say what can be done where an object is not there, or is not this person's to change.

    Raises
    ------
    UsageError
        With these words.
    """
    word = kind.name.lower()
    try:
        yield
    except NotFound as error:
        raise UsageError(
            kind.name.upper(),
            f"there is no {word} {name.name!r} in namespace {name.namespace!r}; "
            f"`kubectl get {kind.plural} -A` lists them",
        ) from error
    except NotServed as error:
        raise UsageError(
            "--kubeconfig",
            f"the cluster knows no {kind.name}s; is Espalier installed there? ({error})",
        ) from error
    except Refused as error:
        if error.code == _FORBIDDEN and " cannot " in error.message:
            raise UsageError(
                "",
                f"{error.message}; ask for it: the ClusterRole edit has what it takes where "
                "Espalier's chart was installed with its roles",
            ) from error
        raise


async def own_name(cluster: Cluster) -> str:
    """Return as whom the cluster knows this person; empty where it does not say."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = await cluster.ask(_REVIEW, body)
    except EspalierError:
        return ""
    user = (answer.get("status") or {}).get("userInfo") or {}
    return str(user.get("username") or "")


def ended(status: Object) -> str:
    """Return how a Trial has ended, by its reason; empty while it has not."""
    said = condition_of(status, "Finished") or {}
    return str(said.get("reason")) if said.get("status") == "True" else ""


def is_over(status: Object) -> bool:
    """Whether a Study has ended."""
    return bool(status.get("completionTime"))


def dry_run_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that may be asked to change nothing."""
    return click.option(
        "--dry-run",
        is_flag=True,
        help="Only ask the API server whether it would take the change.",
    )(command)

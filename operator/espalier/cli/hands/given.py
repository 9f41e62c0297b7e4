"""The options of commands that ask the API server alone, and what they say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from espalier.cli.study_name import StudyName, read_study_name
from espalier.cli.watch import own_kubeconfig
from espalier.kube import Cluster, own_namespace


@dataclass(frozen=True, slots=True)
class Given:
    """What a command was told of whom to ask.

    Parameters
    ----------
    namespace
        With -n.
    kubeconfig
        Another kubeconfig than kubectl's own.
    """

    namespace: str | None = None
    kubeconfig: str | None = None

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
        return read_study_name(text, self.namespace, own_namespace(self.config))

    async def cluster(self) -> Cluster:
        """Connect to the cluster's API server.

        Raises
        ------
        UsageError
            If the kubeconfig cannot be used.
        """
        return await Cluster.connect(self.config)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that asks the API server alone: it takes a `Given` as `given`."""

    @functools.wraps(command)
    def told(namespace: str | None, kubeconfig: str | None, **values: Any) -> Any:
        return command(given=Given(namespace, kubeconfig), **values)

    result: Callable[..., Any] = told
    result = click.option("--kubeconfig", help="Another kubeconfig than kubectl's own.")(result)
    return click.option(
        "-n",
        "--namespace",
        help="Where it is, where its name alone is given; if not given, where the kubeconfig's "
        "context says.",
    )(result)

"""Names of studies for a shell that completes a word: quickly, or none."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from espalier.cli.asking.options import Whom
from espalier.kube import STUDY, own_namespace

SECONDS = 2.0
"""For so long a person waits who has pressed a key."""
_PARAMETERS = ("namespace", "kubeconfig", "context")


def complete_study(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names of studies that begin so: NAME, or NAMESPACE/NAME after a slash."""
    namespace, kubeconfig, chosen = (context.params.get(name) for name in _PARAMETERS)
    given = Whom(namespace, kubeconfig, chosen)
    # What is wrong is said when the command runs.
    with _in_silence(), contextlib.suppress(Exception):
        names = asyncio.run(asyncio.wait_for(_names(given, incomplete), SECONDS))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return []


@contextlib.contextmanager
def _in_silence() -> Iterator[None]:
    """Log nothing: a shell shows what is said between the words."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


async def _names(given: Whom, incomplete: str) -> list[str]:
    own, slash, _ = incomplete.partition("/")
    usual = given.namespace or own_namespace(given.config, given.context) or "default"
    async with await given.cluster() as cluster:
        found, _ = await cluster.list(STUDY, own if slash else usual)
    names = [str(each["metadata"]["name"]) for each in found]
    return sorted(f"{own}/{name}" if slash else name for name in names)

"""How far an export is, for who waits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from espalier.cli.boundary import Terminal

_SELDOM = 100


@contextmanager
def telling(doing: str) -> Iterator[Callable[[int], None]]:
    """Give what shows how much is done, on standard error and on terminals only.

    Parameters
    ----------
    doing
        What is done, as in "writing trials".
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    quiet = not sys.stderr.isatty() or sys.stdout.isatty()
    console = Terminal(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task(doing)

        def tell(count: int) -> None:
            if not quiet and count % _SELDOM == 0:
                progress.update(task, description=f"{doing}: {count:,}")

        yield tell


def carried_out(counts: Iterable[int], doing: str) -> int:
    """Let something be written and show how far it is; return how much it was.

    Parameters
    ----------
    counts
        How much is written; who gives them writes as they are taken.
    doing
        See `telling`.
    """
    count = 0
    with telling(doing) as tell:
        for count in counts:
            tell(count)
    return count

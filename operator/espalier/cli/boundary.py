"""Where the errors of every command end: one sentence on standard error, and an exit code.

A command raises what it meets. What a person gave or can change never ends in a traceback; only a
defect of Espalier itself has one, and that where it is asked for or logged.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import click
from rich.console import Console

from espalier.cli.words import one_line
from espalier.errors import EspalierError, InternalError, Outdated

FAILED, INTERRUPTED, PIPE_CLOSED = 2, 130, 141
"""Exit codes; 1 is left to a command's own answer, such as that decisions differ."""
TRACEBACK = "ESPALIER_TRACEBACK"
"""Set, it has a defect's traceback shown instead of its sentence."""
_LOG = logging.getLogger(__name__)


class Failed(click.ClickException):
    """A command could not do what it was asked; the message says why, and what to do."""

    exit_code = FAILED


class Terminal(Console):
    """A console that leaves it to the command's boundary that nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Raise it for the boundary; rich would exit with a code that means something else here."""
        raise BrokenPipeError


@contextmanager
def in_words() -> Iterator[None]:
    """Run a command, and end what it raises in words.

    Raises
    ------
    Failed
        With one line that says what to do.
    SystemExit
        Without words where it was interrupted, or its output is not read any more.
    """
    try:
        yield
        if sys.stdout is not None:  # where the descriptor is closed
            sys.stdout.flush()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        # Python flushes standard output once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(PIPE_CLOSED) from None
    except (click.exceptions.Exit, click.Abort, click.ClickException):
        raise
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        raise Failed(one_line(_sentence(error))) from error


def _sentence(error: Exception) -> str:
    if isinstance(error, Outdated):
        return f"{error}; correct what is asked for, or try again"
    if isinstance(error, EspalierError) and not isinstance(error, InternalError):
        return str(error)
    if isinstance(error, OSError):
        file = f"{error.filename}: " if error.filename is not None else ""
        return f"{file}{error.strerror or error}; give a file that can be used, or make room"
    if isinstance(error, BrokenProcessPool):
        return "a process that simulates was killed, maybe for want of memory; give fewer --jobs"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; give a smaller input, or fewer --jobs"
    if logging.getLogger().handlers:
        _LOG.critical("a defect of Espalier itself; please report it", exc_info=error)
    kind = type(error).__name__
    return f"{kind}: {error}; a defect of Espalier: report it with what {TRACEBACK}=1 then shows"

"""Finds values by regular expressions of the study's, in a bounded time."""

from __future__ import annotations

import atexit
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from espalier_sidecar.collectors.numbers import check_whole, number_in
from espalier_sidecar.collectors.printed_text import Faults, Finder, Found
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.errors import BadReport
from espalier_sidecar.log import log_line
from espalier_sidecar.text import clip

MATCHES_A_LINE = 512
MATCH_SECONDS = 0.1
SLOW_LINES = 3
"""Of so many lines that took longer than `MATCH_SECONDS` the last gives the patterns up."""


class TooSlow(Exception):
    """A pattern took too long over one line."""


class Patterns(Finder):
    """Finds values by a pattern with the group `value`, and perhaps `step` and `metric`.

    Patterns that take more than 0.1 s over a line, three times, are given up: they would hold up
    everything else here.

    Parameters
    ----------
    value
        The pattern of values.
    step
        The pattern of steps that stand on lines before their values, if they do.
    metric
        The metric of a match that names none.
    """

    def __init__(self, value: re.Pattern[str], step: re.Pattern[str] | None, metric: str) -> None:
        self._value = value
        self._step = step
        self._metric = metric
        self._slow = 0
        _ticks.start(self)

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says; raises `BadReport` if it took too long."""
        if self.fault:
            return Found([])
        try:
            with _ticks.watch():
                steps = list(self._step.finditer(text))[-1:] if self._step is not None else []
                matches = list(islice(self._value.finditer(text), MATCHES_A_LINE + 1))
        except TooSlow:
            self._count_slow()
            raise BadReport(f"the pattern took over {MATCH_SECONDS} s on {clip(text)}") from None
        readings: list[Reading] = []
        bad = Faults()
        if len(matches) > MATCHES_A_LINE:
            bad.add(f"expected at most {MATCHES_A_LINE} values in a line; came more")
        try:
            for match in steps:
                self.step = _number(match, "step")
        except BadReport as error:
            # What follows has a step that is not known, rather than the one before.
            self.step = None
            bad.add(error)
        for match in matches[:MATCHES_A_LINE]:
            try:
                readings.append(self._reading(match))
            except BadReport as error:
                bad.add(error)
        return Found(readings, bad.found)

    def close(self) -> None:
        """Stop the timer, if no other patterns need it."""
        _ticks.stop(self)

    def _reading(self, match: re.Match[str]) -> Reading:
        groups = match.groupdict()
        step = self.step if groups.get("step") is None else _number(match, "step")
        if step is None and self._step is not None:
            raise BadReport(
                f"expected a step before a value; came {clip(match[0])} while no line that "
                "stepPattern matches had come"
            )
        return Reading(groups.get("metric") or self._metric, step, _number(match, "value"))

    def _count_slow(self) -> None:
        self._slow += 1
        if self._slow == SLOW_LINES:
            self.fault = (
                f"gave up the pattern {clip(self._value.pattern)}: too slow on "
                f"{self._slow} lines; write one without nested repetition"
            )
            log_line(self.fault)


class _Ticks:
    """Stops a match by a timer that goes on ticking: to set one for each line would cost more.

    What is still at the same line at the next tick is too slow. It works in the main thread, where
    signals are heard, and there is one for all patterns, as there is one timer.
    """

    def __init__(self) -> None:
        self._users: set[int] = set()
        self._line = 0
        self._matching = 0
        self._ticked_at = 0

    def start(self, user: object) -> None:
        """Begin to tick, if nobody needed it so far."""
        if not self._users:
            atexit.register(self._halt)
            signal.signal(signal.SIGALRM, self._tick)
            signal.setitimer(signal.ITIMER_REAL, MATCH_SECONDS, MATCH_SECONDS)
        self._users.add(id(user))

    def stop(self, user: object) -> None:
        """Stop, if nobody needs it any more: a tick while the interpreter ends would kill it."""
        self._users.discard(id(user))
        if not self._users:
            self._halt()
            atexit.unregister(self._halt)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Raise `TooSlow` in a block that takes longer than from one tick to the next but one."""
        self._line += 1
        try:
            self._matching = self._line
            yield
        finally:
            self._matching = 0

    def _halt(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _tick(self, *_: object) -> None:
        if self._matching and self._matching == self._ticked_at:
            raise TooSlow
        self._ticked_at = self._matching


_ticks = _Ticks()


def _number(match: re.Match[str], name: str) -> float:
    found = match[name]
    if found is None:
        raise BadReport(f"expected a number as {name}; the pattern found none in {clip(match[0])}")
    check_whole(match, name)
    return number_in(found)

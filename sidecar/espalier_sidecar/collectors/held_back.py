"""Values that may be drawn once more: the last one of a step is what counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.reading import Reading

MOST_HELD = 64
"""So many metrics are held back at once; with one more the first is given."""


class _Held(NamedTuple):
    """A value that is held back."""

    reading: Reading
    """The value."""
    line: bool
    """Whether until its line is finished; else until its step is over."""


class HeldBack:
    """Holds values of redrawn lines till the line is finished, and others till their step is over.

    A step is over when a value of another step comes, or the text ends.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def hold(self, readings: Iterable[Reading], line: bool) -> list[Reading]:
        """Hold values back; return those of other steps, and what is too much.

        Parameters
        ----------
        readings
            The values, of one step, in place of those of their names.
        line
            Whether until their line is finished, which a carriage return has ended; else until
            their step is over.
        """
        given: list[Reading] = []
        for each in readings:
            given += self.over(each.step)
            self._held[each.metric] = _Held(each, line)
            if len(self._held) > MOST_HELD:
                given.append(self._held.pop(next(iter(self._held))).reading)
        return given

    def finish(self, readings: Iterable[Reading]) -> list[Reading]:
        """Return what counts once a line is finished, with the values that it has at last."""
        readings = list(readings)
        given = [each for reading in readings[:1] for each in self.over(reading.step)]
        for each in readings:
            self._held.pop(each.metric, None)
        given += self._given(name for name, held in self._held.items() if held.line)
        return given + readings

    def close(self, readings: Iterable[Reading]) -> list[Reading]:
        """Return what counts once a step is over, with the values that it has at last."""
        readings = list(readings)
        for each in readings:
            self._held.pop(each.metric, None)
        return [*self.all(), *readings]

    def over(self, step: float | None) -> list[Reading]:
        """Return the values of other steps than the one that there is now."""
        if step is None:
            return []
        return self._given(
            name for name, held in self._held.items() if held.reading.step not in (None, step)
        )

    def all(self) -> list[Reading]:
        """Return all values: the text has ended."""
        return self._given(self._held)

    def state(self) -> list[Any]:
        """Return what is held, as JSON can hold it."""
        return [[*held.reading, held.line] for held in self._held.values()]

    def resume(self, state: Mapping[str, Any], key: str) -> None:
        """Go on from a state that was kept; what is none is left out."""
        found = state.get(key)
        for each in found[:MOST_HELD] if isinstance(found, list) else ():
            match each:
                case [
                    str(metric),
                    int() | float() | None as step,
                    int() | float() as value,
                    bool(line),
                ]:
                    self._held[metric] = _Held(Reading(metric, step, value), line)

    def _given(self, names: Iterable[str]) -> list[Reading]:
        return [self._held.pop(name).reading for name in list(names)]

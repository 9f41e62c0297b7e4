"""What is written to the store at once: rows of one study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Row = tuple[Any, ...]
"""A row to insert: the values of a table's columns, in the order of `schema`."""


# Bytes of a row without its texts, and the places of these in it. An attempt's is charged for what
# will be seen of it, too: that is one row, however often it is written again.
_VALUE, _DECISION, _OTHER = 64, 64, 200
_METRIC, _EVIDENCE, _PACKED = 3, 10, 3
_IN_KEY, _PAGE = 940, 4096


def _name_bytes(name: str) -> int:
    """Return what a name takes in a key, about: one that is too long for it has a page besides."""
    length = len(name) if name.isascii() else len(name.encode())
    return length if length <= _IN_KEY else length + _PAGE


def made_bytes(row: Row) -> int:
    """Return what a row of the `trials` or `specs` table takes on the disk, about."""
    return _OTHER + sum([len(value) for value in row if type(value) is str])


@dataclass(slots=True)
class Batch:
    """Rows of one study that are committed together or not at all.

    Parameters
    ----------
    study : int
        The study's number in the store.
    observations, decisions, decisions_on_others, rules, ends, attempts : list of Row
        Rows to insert.
    changes : list of Row
        Rows to insert, of what is judged by.
    proposals : list of Row
        Rows to insert: a trial's is written once.
    figures, sightings, trials, specs, warm_starts, earlier_trials, outputs : list of Row
        Rows to insert or to put in the place of those that are there.
    overwritten : int
        Bytes, about, of the trials' and specs' rows that are there already: what takes their place
        takes no more.
    sampled : int
        Numbers below it have been sampled; less than what is stored changes nothing.
    stirs : bool
        The study is not at rest any more: its stored summary goes.
    summary : str, optional
        The study is at rest: its summary, which is stored after all else.
    """

    study: int
    observations: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    decisions_on_others: list[Row] = field(default_factory=list)
    rules: list[Row] = field(default_factory=list)
    ends: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    figures: list[Row] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    trials: list[Row] = field(default_factory=list)
    specs: list[Row] = field(default_factory=list)
    proposals: list[Row] = field(default_factory=list)
    warm_starts: list[Row] = field(default_factory=list)
    earlier_trials: list[Row] = field(default_factory=list)
    outputs: list[Row] = field(default_factory=list)
    overwritten: int = 0
    sampled: int = 0
    stirs: bool = False
    summary: str | None = None

    def __len__(self) -> int:
        return (
            len(self.observations)
            + len(self.decisions)
            + len(self.decisions_on_others)
            + len(self.rules)
            + len(self.ends)
            + len(self.attempts)
            + len(self.figures)
            + len(self.sightings)
            + len(self.changes)
            + len(self.trials)
            + len(self.specs)
            + len(self.proposals)
            + len(self.warm_starts)
            + len(self.earlier_trials)
            + len(self.outputs)
        )

    @property
    def bytes(self) -> int:
        """What the rows take on the disk, about: each value is in an index besides."""
        others = len(self.rules) + len(self.ends) + 2 * len(self.attempts) + len(self.figures)
        others += len(self.changes)
        return (
            sum([_VALUE + 2 * _name_bytes(row[_METRIC]) for row in self.observations])
            + sum([_DECISION + len(row[_EVIDENCE]) for row in self.decisions])
            + sum([_DECISION + len(row[_EVIDENCE]) for row in self.decisions_on_others])
            + sum([made_bytes(row) for row in (*self.trials, *self.specs, *self.proposals)])
            + sum([made_bytes(row) for row in (*self.warm_starts, *self.earlier_trials)])
            + sum([_OTHER + len(row[_PACKED]) for row in self.outputs])
            - self.overwritten
            + _OTHER * others
        )

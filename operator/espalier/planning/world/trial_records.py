"""The records of a study's trials: a value that is cheap to change a little, and to compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from espalier.planning.world.record import TrialRecord

_SIZE = 256
"""Numbers whose records are copied together when one of them changes."""

_Block = dict[int, TrialRecord]


class TrialRecords(Mapping[int, TrialRecord]):
    """What is stored of each trial, by its number; never changed.

    One that differs little from another shares nearly all of its blocks, so that it is told in
    little time which records differ, too.
    """

    __slots__ = ("_blocks", "_count")

    def __init__(self, records: Iterable[TrialRecord] = ()) -> None:
        self._blocks: dict[int, _Block] = {}
        self._count = 0
        self._put(records)

    def with_these(self, records: Iterable[TrialRecord]) -> TrialRecords:
        """Return the records with some of them new or changed."""
        found = TrialRecords()
        found._blocks, found._count = dict(self._blocks), self._count
        found._put(records)
        return found

    def _put(self, records: Iterable[TrialRecord]) -> None:
        """Take in records; blocks that others may share are copied before."""
        own: dict[int, _Block] = {}
        for record in records:
            place = record.number // _SIZE
            block = own.get(place)
            if block is None:
                block = own[place] = self._blocks[place] = dict(self._blocks.get(place, ()))
            self._count += record.number not in block
            block[record.number] = record

    def different(self, before: TrialRecords) -> Iterator[int]:
        """Yield the numbers whose records are not the very same as before."""
        for place in self._blocks.keys() | before._blocks.keys():
            new, old = self._blocks.get(place, {}), before._blocks.get(place, {})
            if new is not old:
                numbers = new.keys() | old.keys()
                yield from (number for number in numbers if new.get(number) is not old.get(number))

    def __getitem__(self, number: int) -> TrialRecord:
        return self._blocks[number // _SIZE][number]

    def __iter__(self) -> Iterator[int]:
        return (number for block in self._blocks.values() for number in block)

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"TrialRecords({list(self.values())!r})"

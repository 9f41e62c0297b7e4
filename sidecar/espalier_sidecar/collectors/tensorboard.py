"""Type TensorBoard: the scalars of event files, wherever below a directory they are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import (
    REPORTS_A_POLL,
    Collected,
    Collector,
    Context,
    Health,
    text_in,
)
from espalier_sidecar.collectors.event_file import EventFile, Record
from espalier_sidecar.collectors.event_folder import EventFileEntry, EventFolder
from espalier_sidecar.collectors.event_names import name_of
from espalier_sidecar.collectors.event_proto import BadEvent, Scalar, scalars
from espalier_sidecar.collectors.event_steps import NewestSteps
from espalier_sidecar.collectors.place import place_of
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.errors import BadReport
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip

NEWEST_FILES = 8
"""So many are read where there is no time for all."""
SKIP_SECONDS = 0.1
MOST_NAMES = 200
"""So many names are remembered: which they are, and which were repeated."""


class EventDirectory(NamedTuple):
    """A directory that a trainer writes event files into."""

    directory: str
    """Its path, as the trainer says it."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        return EventFiles(context, self.directory)


def read_section(section: Mapping[str, Any]) -> EventDirectory:
    """Return what `spec.collector.tensorBoard` says; raises as `text_in` does."""
    return EventDirectory(text_in(section, "directory"))


class EventFiles(Collector):
    """Reads the event files of a directory, one after the other, the oldest first.

    A file is open only while it is read, up to the size that it then has.

    Parameters
    ----------
    context
        Where the volume is, and how far the files were read.
    directory
        The directory's path, as the trainer says it.
    """

    def __init__(self, context: Context, directory: str) -> None:
        self._context = context
        self._volume = context.volume
        self._translation = context.translation
        place = place_of(directory, directory, context.directory)
        self._name = place.removeprefix(f"{context.directory}/")
        self._folder = EventFolder(self._volume, self._name)
        self._files: dict[str, EventFile] = {}
        self._behind: list[str] = []
        self._reading = ""
        self._ending = False
        self._names: dict[tuple[str, str], str] = {}
        self._repeated: set[str] = set()
        self._faults: dict[str, str] = {}
        self._seen = self._matched = self._bad = 0
        self._passed_over = ""
        state = context.positions.state(self._name)
        self._resume = _whole_numbers(state.get("files"))
        self._steps = NewestSteps(state.get("steps"))
        self._changed = True

    def poll(self, until: float, last: bool) -> Collected:
        """Return the values of the next records; none is read after `until` but the first."""
        if last:
            self._find_anew()
        begun_before = bool(self._behind) or self._folder.looking
        if not self._behind and self._folder.look(until, last):
            self._queue()
        has_read = bool(self._behind)
        reports: list[Report] = []
        while self._behind and len(reports) < REPORTS_A_POLL:
            reports += self._next_values()
            if time.monotonic() >= until:
                break
        # What was found before this poll may have grown since, if there was anything.
        more = bool(self._behind) or self._folder.looking or (begun_before and has_read)
        return Collected(reports, more)

    def health(self) -> Health:
        """Return how the files are, and what was in them."""
        fault = next(iter(list(self._faults.values())), "")
        return Health(
            source=self._name,
            fault=self._folder.fault or fault,
            seen=self._seen,
            matched=self._matched,
            bad=self._bad,
            passed_over=self._passed_over,
            names=tuple(self._translation.names),
        )

    def kept(self) -> None:
        """Write down how far each file has been read."""
        if not self._changed:
            return
        self._changed = False
        read = {str(file.inode): file.offset for file in self._files.values() if file.offset}
        state = {"files": {**self._resume, **read}, "steps": self._steps.state()}
        self._context.positions.put(self._name, None, state)

    def skip(self) -> None:
        """Leave out all but the ends of the newest files."""
        self._find_anew()
        if not self._behind and self._folder.look(time.monotonic() + SKIP_SECONDS, True):
            self._queue()
        self._stop_reading()
        if too_many := self._behind[:-NEWEST_FILES]:
            log_line(f"no time is left for {len(too_many)} event files; the newest are read")
            sizes = {found.path: found.size for found in self._folder.files}
            for path in too_many:
                self._files[path].seen_size = sizes[path]
            self._behind = self._behind[-NEWEST_FILES:]
        for path in self._behind:
            try:
                left_out = self._files[path].skip(self._volume, path)
            except OSError:
                continue
            if left_out:
                log_line(f"no time is left for {left_out} bytes of {clip(path)}; its end is read")

    def close(self) -> None:
        """Close the file that is being read."""
        self._stop_reading()

    def _find_anew(self) -> None:
        """Once the training has ended: what was found before may have grown since."""
        if not self._ending:
            self._ending = True
            self._stop_reading()
            self._behind = []
            self._folder.forget()

    def _queue(self) -> None:
        """Line up the files that have grown, the oldest first; forget those that are gone."""
        known, self._files = self._files, {}
        for found in self._folder.files:
            self._files[found.path] = self._file(found, known.get(found.path))
        self._resume = {}
        self._faults = {path: why for path, why in self._faults.items() if path in self._files}
        self._behind = [
            found.path
            for found in self._folder.files
            if found.path in self._faults or self._files[found.path].seen_size != found.size
        ]

    def _file(self, found: EventFileEntry, known: EventFile | None) -> EventFile:
        if known is not None and known.inode == found.inode:
            return known
        self._changed = True
        return EventFile(found.inode, self._resume.pop(str(found.inode), 0))

    def _next_values(self) -> list[Report]:
        """Return the values of the next record of the file whose turn it is."""
        path = self._behind[0]
        file = self._files[path]
        try:
            if not self._reading:
                self._reading = path
                file.open(self._volume, path)
            spoilt = file.spoilt
            record = file.take()
        except OSError as error:
            self._end_file(f"cannot read {clip(path)}, and goes on without it: {error}")
            return []
        if file.spoilt != spoilt:
            self._say_spoilt(path, file)
        if record is None:
            self._end_file(f"gave up {clip(path)}: too much of it is spoilt" * file.given_up)
            return []
        self._changed = True
        return self._values(path, file, record)

    def _end_file(self, fault: str) -> None:
        path = self._behind.pop(0)
        self._stop_reading()
        if fault == self._faults.get(path, ""):
            return
        log_line_limited("cannot read", fault or f"reads {clip(path)} again")
        if fault:
            self._faults[path] = fault
        else:
            del self._faults[path]

    def _stop_reading(self) -> None:
        if self._reading:
            self._files[self._reading].close()
            self._reading = ""

    def _values(self, path: str, file: EventFile, record: Record) -> list[Report]:
        self._seen += 1
        try:
            found = scalars(record.data)
            if found and not record.intact:
                raise BadEvent("its checksum is another one")
        except BadEvent:
            file.distrust(record)
            self._say_spoilt(path, file)
            return []
        reports = [each for scalar in found if (each := self._report(path, file, scalar))]
        self._matched += bool(reports)
        return reports

    def _report(self, path: str, file: EventFile, scalar: Scalar) -> Report | None:
        name = self._name_of(path, scalar.tag)
        try:
            report = self._translation.report(Reading(name, scalar.step, scalar.value))
        except BadReport as error:
            self._bad += 1
            self._pass_over(path, f"passed over a value of {clip(name)}: {error}")
            return None
        if self._steps.is_new(report.metric, report.step, file.inode):
            return report
        self._say_repeated(path, name, report.step)
        return None

    def _name_of(self, path: str, tag: str) -> str:
        folder = path.removeprefix(f"{self._name}/").rpartition("/")[0]
        known = self._names.get((folder, tag))
        if known is None:
            if len(self._names) == MOST_NAMES:
                self._names.clear()
            folders = folder.split("/") if folder else []
            known = self._names[folder, tag] = name_of(folders, tag, self._asked)
        return known

    def _asked(self, name: str) -> bool:
        return name == self._context.metric or self._translation.renames(name)

    def _say_repeated(self, path: str, name: str, step: int) -> None:
        """Say it once of each name: some callbacks write a value twice at every step."""
        if name not in self._repeated and len(self._repeated) < MOST_NAMES:
            self._repeated.add(name)
            self._pass_over(
                path,
                f"passed over a value of {clip(name)}: step {step} has one, and the first stands "
                "(a resumed run writes steps again; without global_step all are step 0)",
            )

    def _say_spoilt(self, path: str, file: EventFile) -> None:
        self._bad += 1
        self._pass_over(path, f"is spoilt before byte {file.offset}: looks for the next record")

    def _pass_over(self, path: str, why: str) -> None:
        self._passed_over = f"{clip(path)}: {why}"
        log_line_limited(self._name, self._passed_over)


def _whole_numbers(found: object) -> dict[str, int]:
    """Return what of a kept state can be positions of files."""
    if not isinstance(found, dict):
        return {}
    return {name: at for name, at in found.items() if type(at) is int and 0 <= at < 2**63}

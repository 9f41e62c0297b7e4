"""How values come from the trainer to the sidecar: a collector is its section and one line."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from espalier.api.base import Model
from espalier.api.log_pattern import check_log_pattern
from espalier.api.sectioned import Sectioned, TypeChoice, sections

# Below /espalier, where no link is followed, without a part that is empty, . or .., and without
# control characters. What begins with a dot just below it is the sidecar's own.
_NAME = r"[^./\pC][^/\pC]*"
VOLUME_PATH = rf"^/espalier/{_NAME}(/({_NAME}|\.{_NAME}|\.\.[^/\pC]+))*$"

VolumePath = Annotated[str, Field(pattern=VOLUME_PATH, max_length=256)]


class FileCollector(Model):
    """Where the trainer writes its values."""

    path: VolumePath = "/espalier/reports.jsonl"
    """A file of JSON lines that the sidecar follows, in the volume /espalier; no part of the path
    is empty, . or .., has control characters, or begins with a dot just below the volume."""


class LogCollector(Model):
    """Which log the values are read from, and how."""

    path: VolumePath = "/espalier/train.log"
    """The log file that the sidecar follows, in the volume /espalier, like a file's path."""
    pattern: Annotated[str, Field(min_length=1, max_length=512)]
    """Regular expression (Python's) with groups named step and value, and maybe metric."""

    def check(self, path: str) -> None:
        """Check the regular expression.

        Raises
        ------
        SpecError
            If it is none, lacks a group, or takes long to compile.
        """
        check_log_pattern(self.pattern, f"{path}.pattern")


COLLECTORS = (
    TypeChoice("Local", meaning="HTTP on localhost"),
    TypeChoice(
        "File",
        FileCollector,
        "Where the trainer writes its values.",
        meaning="a file of JSON lines",
        needed="the path of the file to follow",
    ),
    TypeChoice(
        "Log",
        LogCollector,
        "Which log the values are read from, and how.",
        meaning="a regular expression on a log",
        needed="a pattern that has groups named step and value",
    ),
)


@sections(COLLECTORS)
class CollectorSpec(Sectioned):
    """How values come from the trainer to the sidecar."""

    type: str = "Local"

"""Reports that the operator refused: kept for whoever wonders, and said."""

from __future__ import annotations

import contextlib
import json
import os

from espalier_sidecar.log import log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.volume import Folder

NAME = "rejected.jsonl"
MAX_BYTES = 2**20


class Rejected:
    """A bounded file of refused reports, each with the operator's message.

    Parameters
    ----------
    folder
        The sidecar's own folder.

    Attributes
    ----------
    count
        How many were refused since the container started.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.count = 0

    def add(self, report: Report, message: str) -> None:
        """Set one report aside."""
        self.count += 1
        log_line_limited(
            "refused",
            f"the operator refused {report.metric} at step {report.step}: {message}",
        )
        row = json.dumps({"report": report, "message": message[:1000]}).encode() + b"\n"
        with contextlib.suppress(OSError):
            self._write(row)

    def _write(self, row: bytes) -> None:
        fd = self._folder.open_own(NAME, MAX_BYTES)
        try:
            size = os.fstat(fd).st_size
            if size + len(row) <= MAX_BYTES:
                os.pwrite(fd, row, size)
        finally:
            os.close(fd)

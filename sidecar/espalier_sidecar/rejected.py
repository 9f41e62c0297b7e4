"""Reports that the operator refused: kept for whoever wonders, and said."""

import contextlib
import json
import os

from espalier_sidecar.report import Report
from espalier_sidecar.voice import say_some

MAX_BYTES = 2**20


class Rejected:
    """A bounded file of refused reports, each with the operator's message."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.count = 0

    def add(self, report: Report, message: str) -> None:
        """Set one report aside."""
        self.count += 1
        say_some(
            "refused",
            f"the operator refused {report.metric} at step {report.step}: {message}",
        )
        row = json.dumps({"report": report, "message": message[:1000]}) + "\n"
        with contextlib.suppress(OSError), open(self._path, "a", encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_size + len(row) <= MAX_BYTES:
                file.write(row)

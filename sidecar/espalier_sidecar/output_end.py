"""The end of what the trainer prints, told to the operator when the trial ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http.client import HTTPException

from espalier_sidecar.collectors.followed_file import LineReader
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.collectors.terminal import plain_text
from espalier_sidecar.errors import BadReport
from espalier_sidecar.ingest_client import Answer
from espalier_sidecar.log import log_line
from espalier_sidecar.wire import as_bytes

MOST = 64 * 1024
"""Bytes of text that are kept at most."""
MAX_BODY = 128 * 1024
"""Bytes of the message; escapes make a text longer."""


class KeptOutput:
    """Keeps the end of a text, and sends it once.

    Parameters
    ----------
    trial
        The trial, as `namespace/name`.
    most
        How many bytes are kept; none are if 0.
    post
        Sends a body to ingest; raises where no answer came.
    """

    def __init__(self, trial: str, most: int, post: Callable[[bytes], Answer]) -> None:
        self._trial = trial
        self._most = min(most, MOST)
        self._post = post
        self._kept = bytearray()
        self._cut = False

    def take(self, text: bytes) -> None:
        """Take in what was printed next."""
        if not self._most:
            return
        self._kept += text
        if (beyond := len(self._kept) - self._most) > 0:
            del self._kept[:beyond]
            self._cut = True

    def text(self) -> str:
        """Return what is kept as a terminal shows it: whole lines, without codes."""
        lines = bytes(self._kept).split(b"\n")
        if self._cut and len(lines) > 1:
            del lines[0]
        # Of a line that was drawn again and again, the last drawing is what one sees.
        shown = [line.rstrip(b"\r").rsplit(b"\r", 1)[-1] for line in lines]
        return "\n".join(map(plain_text, shown))

    def tell(self) -> None:
        """Send what is kept, once; what cannot be sent is lost, and that is said in the log."""
        if not self._kept:
            return
        try:
            answer = self._post(self._body())
        except (OSError, HTTPException, ValueError) as error:
            log_line(f"could not send the end of what the trainer printed: {error}")
            return
        if answer.status != 200:
            log_line(
                f"the operator did not take the end of what the trainer printed: {answer.status}"
            )

    def _body(self) -> bytes:
        text = self.text()
        while True:
            row = {"trial": self._trial, "text": text, "cut": self._cut}
            body = as_bytes(row)
            if len(body) <= MAX_BODY:
                return body
            # Of many escapes: the newest half.
            text, self._cut = text[len(text) // 2 :], True


class Unread(LineReader):
    """Finds no value in any line: they are only kept."""

    def readings(self, line: bytes) -> Sequence[Reading | BadReport]:
        """Return nothing."""
        return ()

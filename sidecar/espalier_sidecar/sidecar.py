"""The parts of the sidecar, put together."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from espalier_sidecar.collectors.base import Collector, Context
from espalier_sidecar.collectors.output import FollowedOutput
from espalier_sidecar.collectors.positions import Positions
from espalier_sidecar.collectors.reading import Translation
from espalier_sidecar.collectors.table import STANDS_FOR
from espalier_sidecar.delivery import Delivery
from espalier_sidecar.heard import Ear, Heard
from espalier_sidecar.ingest_client import IngestClient
from espalier_sidecar.intake import Intake
from espalier_sidecar.last_words import LastWords
from espalier_sidecar.limits import SPOOL_IN_MEMORY
from espalier_sidecar.local_server import LocalServer
from espalier_sidecar.log import log_line
from espalier_sidecar.output_end import KeptOutput, Unread
from espalier_sidecar.prune_notice import PruneNotice
from espalier_sidecar.rejected import Rejected
from espalier_sidecar.settings import REPORT_FILE, Settings
from espalier_sidecar.spool import Spool
from espalier_sidecar.trainers_library import offer_library
from espalier_sidecar.volume import Folder, MemoryFolder

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
IDLE_PAUSE_SECONDS = 0.025
# So long are collectors polled that have much to read; in the pauses the requests have their turn.
POLL_SECONDS = 0.02
BUSY_PAUSE_SECONDS = 0.005
READING_PART = 0.5
"""Of the time at the end, the part that may go into reading what is left."""


def hold_signals() -> None:
    """Keep the signals that end the sidecar until it looks for them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)


def told_to_end(seconds: float) -> bool:
    """Wait so long for a signal that ends the sidecar; whether one came."""
    came = signal.sigtimedwait(STOP, seconds)
    # Of a process that was stopped and goes on (SIGCONT), CPython returns what no signal has filled
    # in, once the time has passed.
    return came is not None and came.si_signo in STOP


class Sidecar:
    """Takes values by posts and from collectors, and delivers them until it is told to stop.

    Parameters
    ----------
    settings
        What the operator said.

    Raises
    ------
    OSError
        If the shared volume is not there, or another process listens on the port.
    ValueError
        If the operator's URL or its certificate authority cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._volume = Folder.at(settings.directory)
        own, self._spool = self._own_spool()
        self._notice = PruneNotice(self._volume, own)
        offer_library(self._volume, own)
        self._rejected = Rejected(own)
        ingest = IngestClient(settings.ingest_url, settings.ca_pem, settings.token_file)
        self._output = KeptOutput(
            settings.trial, settings.output_bytes, ingest.beside().tell_output
        )
        contexts = self._contexts(own)
        collectors = [
            each.source.collector(context)
            for each, context in zip(settings.collectors, contexts, strict=False)
        ]
        self._intake = Intake([*collectors, *self._output_alone(contexts[-1])], self._spool)
        self._heard = Heard(
            settings.trial,
            [Ear(*each) for each in zip(self._types(), collectors, strict=True)],
            lambda: self._delivery.came,
            ingest.beside().tell,
            settings.heard_seconds,
        )
        self._last_words = LastWords(
            self._spool,
            settings.termination_log,
            settings.last_words_bytes,
            settings.metric,
            self._heard.last_words,
        )
        self._delivery = Delivery(
            settings.trial,
            settings.metric,
            self._spool,
            ingest.post,
            self._notice,
            self._rejected,
            self._last_words.write,
        )
        self._server = LocalServer(
            settings.port,
            settings.metric,
            self._spool,
            self._notice,
            self.health,
            self._intake.served(),
        )

    def run(self) -> int:
        """Work until SIGTERM; return the exit code.

        The signals are waited for, not handled: that works for the process with the number 1
        too, which has no default handlers, and interrupts nothing half done.
        """
        try:
            return self._work()
        finally:
            self._intake.close()

    def _work(self) -> int:
        self._server.begin()
        self._delivery.start()
        self._heard.start()
        pause = IDLE_PAUSE_SECONDS
        while not told_to_end(pause):
            pause = BUSY_PAUSE_SECONDS if self._intake.poll(POLL_SECONDS) else IDLE_PAUSE_SECONDS
            if not self._delivery.is_alive():
                log_line("delivery ended by a fault of ours; the container starts again")
                return 1
        self._finish()
        return 0

    def health(self) -> dict[str, int]:
        """Count what came, went and stayed."""
        return {
            "delivered": self._delivery.delivered,
            "pending": self._spool.pending,
            "rejected": self._rejected.count,
            "dropped": self._spool.dropped,
            "bad_lines": self._intake.bad(),
        }

    def _finish(self) -> None:
        """Deliver what is left, and leave the rest in the termination message.

        The message is written first, because reading may take longer than there is time; then
        with what was read, and again after the last tries, which may take too long as well.
        """
        ends = time.monotonic() + self._settings.drain_seconds
        self._heard.stop()
        self._last_words.write()
        self._intake.finish(self._settings.drain_seconds * READING_PART)
        self._last_words.write()
        self._delivery.drain(max(0.0, ends - time.monotonic()))
        self._last_words.write()
        self._output.tell()
        counts = ", ".join(f"{name} {count}" for name, count in self.health().items())
        log_line(f"ends: {counts}")

    def _own_spool(self) -> tuple[Folder, Spool]:
        """Return the sidecar's own folder and its spool; in memory, if the volume takes none."""
        try:
            own = self._volume.own_folder()
            return own, Spool(own, self._settings.spool_bytes)
        except OSError as error:
            log_line(f"keeps values in memory, which a restart loses: {error}")
            own = MemoryFolder()
            return own, Spool(own, min(SPOOL_IN_MEMORY, self._settings.spool_bytes))

    def _contexts(self, own: Folder) -> list[Context]:
        """Return what each collector is made with, and one more."""
        self._offer_report_file()
        settings = self._settings
        positions = Positions(own)
        owners: dict[str, Translation] = {}
        translations = [
            Translation(each.names, each.step_scale, owners if each.type in STANDS_FOR else None)
            for each in settings.collectors
        ]
        return [
            Context(
                self._volume,
                settings.directory,
                settings.metric,
                positions,
                translation,
                self._spool.append,
                settings.parameters,
                self._output.take,
            )
            for translation in (*translations, Translation({}, None, None))
        ]

    def _output_alone(self, context: Context) -> list[Collector]:
        """Return what reads the trainer's output only to keep its end, where nothing else does."""
        if not self._settings.output_bytes or "Output" in self._types():
            return []
        return [FollowedOutput(context, Unread())]

    def _types(self) -> list[str]:
        return [each.type for each in self._settings.collectors]

    def _offer_report_file(self) -> None:
        """Make the report file, for a trainer that runs as any user, where nothing has its name.

        What has it already is looked at by its collector, which says what is wrong with it.
        """
        with contextlib.suppress(OSError):
            fd = self._volume.open(REPORT_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                os.fchmod(fd, 0o666)
            finally:
                os.close(fd)

"""The parts of the sidecar, put together."""

import contextlib
import os
import signal
import time

from espalier_sidecar.delivery import Delivery
from espalier_sidecar.follower import Follower
from espalier_sidecar.ingest_client import IngestClient
from espalier_sidecar.last_words import LastWords
from espalier_sidecar.limits import SPOOL_IN_MEMORY
from espalier_sidecar.lines import LogLine, json_line, stop_ticking
from espalier_sidecar.local_server import LocalServer
from espalier_sidecar.log import log_line
from espalier_sidecar.positions import Positions
from espalier_sidecar.prune_notice import PruneNotice
from espalier_sidecar.rejected import Rejected
from espalier_sidecar.settings import Settings
from espalier_sidecar.spool import Spool
from espalier_sidecar.volume import Folder, MemoryFolder

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
POLL_SECONDS = 0.025
# Of a chatty file so much is read at a time; between two looks the requests have their turn.
LOOK_SECONDS = 0.02
BREATH_SECONDS = 0.005
# Of the time at the end, the part that may go into reading; and what the ends of the files get.
READING_PART = 0.5
ENDS_SECONDS = 0.2


def hold_signals() -> None:
    """Keep the signals that end the sidecar until it looks for them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)


class Sidecar:
    """Takes values in three ways, and delivers them until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._volume = Folder.at(settings.directory)
        own, self._spool = self._own_spool()
        self._last_words = LastWords(
            self._spool, settings.termination_log, settings.last_words_bytes
        )
        self._notice = PruneNotice(self._volume, own)
        self._rejected = Rejected(own)
        self._followers = self._follow(own)
        ingest = IngestClient(settings.ingest_url, settings.ca_pem, settings.token_file)
        self._delivery = Delivery(
            settings.trial,
            self._spool,
            ingest.post,
            self._notice,
            self._rejected,
            self._last_words.write,
        )
        self._server = LocalServer(
            settings.port, settings.metric, self._spool, self._notice, self.health
        )

    def run(self) -> int:
        """Work until SIGTERM; give the exit code.

        The signals are waited for, not handled: that works for the process with the number 1
        too, which has no default handlers, and interrupts nothing half done.
        """
        try:
            return self._work()
        finally:
            stop_ticking()

    def _work(self) -> int:
        self._server.begin()
        self._delivery.start()
        pause = POLL_SECONDS
        while signal.sigtimedwait(STOP, pause) is None:
            pause = BREATH_SECONDS if self._look(LOOK_SECONDS) else POLL_SECONDS
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
            "bad_lines": sum(follower.bad_lines for follower in self._followers),
        }

    def _look(self, seconds: float, last: bool = False) -> bool:
        """Take what is new, each file in its share of the time; true if there is more."""
        share = seconds / len(self._followers)
        more = [follower.poll(time.monotonic() + share, last) for follower in self._followers]
        return any(more)

    def _finish(self) -> None:
        """Deliver what is left, and leave the rest in the termination message.

        The message is written first, because reading may take longer than there is time; then
        with what was read, and again after the last tries, which may take too long as well.
        """
        ends = time.monotonic() + self._settings.drain_seconds
        self._last_words.write()
        self._read_to_the_ends(self._settings.drain_seconds * READING_PART)
        self._last_words.write()
        self._delivery.drain(max(0.0, ends - time.monotonic()))
        self._last_words.write()
        counts = ", ".join(f"{name} {count}" for name, count in self.health().items())
        log_line(f"ends: {counts}")

    def _read_to_the_ends(self, seconds: float) -> None:
        """Read what is left; where that is too much, at least how each file ends."""
        if self._look(seconds, last=True):
            for follower in self._followers:
                follower.skip()
            self._look(ENDS_SECONDS, last=True)

    def _own_spool(self) -> tuple[Folder, Spool]:
        """Return the sidecar's own folder and its spool; in memory, if the volume takes none."""
        try:
            own = self._volume.own_folder()
            return own, Spool(own, self._settings.spool_bytes)
        except OSError as error:
            log_line(f"keeps values in memory, which a restart loses: {error}")
            own = MemoryFolder()
            return own, Spool(own, min(SPOOL_IN_MEMORY, self._settings.spool_bytes))

    def _follow(self, own: Folder) -> list[Follower]:
        settings = self._settings
        read_json = json_line(settings.metric)
        readers = [(path, read_json) for path in settings.report_files]
        if settings.log is not None:
            readers.append((settings.log.path, LogLine(settings.log.pattern, settings.metric)))
        names = [path.removeprefix(f"{settings.directory}/") for path, _ in readers]
        self._offer(names[0])
        positions = Positions(own, names)
        return [
            Follower(self._volume, name, read, self._spool, positions)
            for name, (_, read) in zip(names, readers, strict=True)
        ]

    def _offer(self, name: str) -> None:
        """Make the report file, for a trainer that runs as any user, where nothing has its name.

        What has it already is looked at by its follower, which says what is wrong with it.
        """
        with contextlib.suppress(OSError):
            fd = self._volume.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                os.fchmod(fd, 0o666)
            finally:
                os.close(fd)

"""The parts of the sidecar, put together."""

import os
import signal

from espalier_sidecar.delivery import Delivery
from espalier_sidecar.follower import Follower
from espalier_sidecar.ingest import Ingest
from espalier_sidecar.last_words import LastWords
from espalier_sidecar.lines import LogLine, json_line
from espalier_sidecar.local_server import LocalServer
from espalier_sidecar.notice import PruneNotice
from espalier_sidecar.positions import Positions
from espalier_sidecar.rejected import Rejected
from espalier_sidecar.settings import Settings
from espalier_sidecar.spool import Spool
from espalier_sidecar.voice import say

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
POLL_SECONDS = 0.025


def hold_signals() -> None:
    """Keep the signals that end the sidecar until it looks for them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)


class Sidecar:
    """Takes values in three ways, and delivers them until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        own = f"{settings.directory}/.sidecar"
        self._settings = settings
        self._spool = Spool(own, settings.spool_bytes)
        self._last_words = LastWords(
            self._spool, settings.termination_log, settings.last_words_bytes
        )
        self._notice = PruneNotice(f"{settings.directory}/prune", f"{own}/prune.new")
        self._rejected = Rejected(f"{own}/rejected.jsonl")
        self._followers = self._follow(Positions(f"{own}/positions.json"))
        ingest = Ingest(settings.ingest_url, settings.ca_pem, settings.token_file)
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
        self._server.begin()
        self._delivery.start()
        while signal.sigtimedwait(STOP, POLL_SECONDS) is None:
            for follower in self._followers:
                follower.poll()
            if not self._delivery.is_alive():
                say("delivery ended by a fault of ours; the container starts again")
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

    def _finish(self) -> None:
        """Deliver what is left, and leave the rest in the termination message.

        It is written before the last tries too: they may take longer than there is time.
        """
        for follower in self._followers:
            while follower.poll(last=True):
                pass
        self._last_words.write()
        self._delivery.drain(self._settings.drain_seconds)
        self._last_words.write()
        counts = ", ".join(f"{name} {count}" for name, count in self.health().items())
        say(f"ends: {counts}")

    def _follow(self, positions: Positions) -> list[Follower]:
        _offer(self._settings.report_files[0])
        read_json = json_line(self._settings.metric)
        followers = [
            Follower(path, read_json, self._spool, positions)
            for path in self._settings.report_files
        ]
        log = self._settings.log
        if log is not None:
            read_log = LogLine(log.pattern, self._settings.metric)
            followers.append(Follower(log.path, read_log, self._spool, positions))
        return followers


def _offer(path: str) -> None:
    """Make the report file, for a trainer that runs as any user."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        if os.fstat(fd).st_uid == os.geteuid():
            os.fchmod(fd, 0o666)
    finally:
        os.close(fd)

"""A trainer that lays hands on the sidecar's own files at any time, in any order."""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from espalier_sidecar.collectors.file import ReportLines
from espalier_sidecar.collectors.followed_file import FollowedFile
from espalier_sidecar.errors import SpoolFull
from espalier_sidecar.intake import take
from espalier_sidecar.metric_name import is_metric_name
from espalier_sidecar.prune_notice import PruneNotice
from espalier_sidecar.rejected import Rejected
from espalier_sidecar.report import Report
from espalier_sidecar.spool import Spool
from espalier_sidecar.volume import Folder
from espalier_sidecar.wire import Decision
from tests.sidecar.contexts import context_of
from tests.sidecar.test_hostile_volume import BAIT, HOSTILE, OPEN, OWN, SECRET, replace

PLACES = st.sampled_from([*OPEN[:2], *OWN, ".sidecar", ".sidecar/000000000003.jsonl"])
PRUNE = Decision("Prune", "WorseThanPercentile", "0.41 is below 0.87", 9)


class HostileHands(RuleBasedStateMachine):
    """Whatever is done to the volume, the sidecar's parts raise nothing but that it is full."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.outside = self.folder / "outside"
        self.outside.write_text(BAIT)
        self.volume = self.folder / "espalier"
        self.volume.mkdir()
        self.start()

    def start(self) -> None:
        root = Folder.at(str(self.volume))
        own = root.own_folder()
        self.spool = Spool(own, 4000)
        self.rejected = Rejected(own)
        self.notice = PruneNotice(root, own)
        context = context_of(self.volume)
        self.collector = FollowedFile(context, "reports.jsonl", ReportLines("loss"))

    @rule(acts=st.lists(st.tuples(PLACES, st.sampled_from(HOSTILE)), min_size=1, max_size=4))
    def lay(self, acts) -> None:
        for place, lay in acts:
            with contextlib.suppress(OSError):
                replace(self.volume / place, lay, self.outside)

    @rule(acts=st.lists(st.tuples(PLACES, st.sampled_from(HOSTILE)), min_size=1, max_size=4))
    def lay_and_restart(self, acts) -> None:
        self.lay(acts)
        self.end()
        self.start()

    @rule(place=PLACES, content=st.binary(max_size=300), size=st.integers(0, 5000))
    def write(self, place: str, content: bytes, size: int) -> None:
        path = self.volume / place
        if path.is_file() and not path.is_symlink():
            path.write_bytes(content)
            os.truncate(path, size)

    @rule(place=PLACES)
    def delete(self, place: str) -> None:
        path = self.volume / place
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            with contextlib.suppress(OSError):
                path.unlink()

    @rule(count=st.integers(1, 60))
    def append(self, count: int) -> None:
        with contextlib.suppress(SpoolFull):
            self.spool.append(Report("loss", step, step / 3) for step in range(count))

    @rule(most=st.integers(1, 300))
    def deliver(self, most: int) -> None:
        batch = self.spool.peek(most)
        for _, report in batch:
            assert is_metric_name(report.metric)
            assert SECRET not in report.metric
        if batch:
            assert self.spool.ends_at(batch[-1][0]) in (True, False)
            self.spool.acknowledge(batch[-1][0])

    @rule()
    def speak_last(self) -> None:
        assert len(self.spool.newest(409)) <= 409

    @rule(last=st.booleans())
    def follow(self, last: bool) -> None:
        take(self.collector, self.spool, time.monotonic() + 0.001, last)
        if last:
            self.collector.skip()
        health = self.collector.health()
        assert 0 <= health.bad <= health.seen
        assert 0 <= health.matched <= health.seen

    @rule()
    def prune(self) -> None:
        self.notice.record(PRUNE)
        assert self.notice.pruned

    @rule()
    def refuse(self) -> None:
        self.rejected.add(Report("loss", 1, None), "no")

    @rule()
    def restart(self) -> None:
        self.end()
        self.start()

    def end(self) -> None:
        """Close its files, as the end of the process does."""
        self.collector.close()
        self.spool.close()

    def teardown(self) -> None:
        self.end()
        assert self.outside.read_text() == BAIT
        shutil.rmtree(self.folder)


TestHostileHands = HostileHands.TestCase
TestHostileHands.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)

"""The spool against a list: appended, acknowledged, killed and opened again, in any order."""

import resource
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from espalier_sidecar.errors import SpoolFull
from espalier_sidecar.report import Report
from espalier_sidecar.spool import LINES_A_PEEK, Spool
from espalier_sidecar.volume import Folder


def opened(folder: Path, max_bytes: int = 10_000) -> Spool:
    return Spool(Folder.at(str(folder)), max_bytes)


def value(step: int) -> Report:
    return Report("loss", step, step / 3)


class SpoolMachine(RuleBasedStateMachine):
    """Roomy or small, the spool holds the newest of what the list holds."""

    max_bytes = 1_000_000

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.spool = Spool(Folder.at(self.folder), self.max_bytes)
        self.model: list[Report] = []
        self.lost = 0
        self.next = 0

    @rule(count=st.integers(0, 40))
    def append(self, count: int) -> None:
        fresh = [value(self.next + more) for more in range(count)]
        self.next += count
        self.spool.append(fresh)
        self.model += fresh
        gone = len(self.model) - self.spool.pending
        self.model = self.model[gone:]
        self.lost += gone

    @rule(most=st.integers(1, 300), part=st.floats(0, 1))
    def deliver(self, most: int, part: float) -> None:
        batch = self.spool.peek(most)
        assert [report for _, report in batch] == self.model[:most]
        if batch:
            upto = int(part * (len(batch) - 1))
            self.spool.acknowledge(batch[upto][0])
            self.model = self.model[upto + 1 :]

    @rule()
    def acknowledge_twice(self) -> None:
        batch = self.spool.peek(2)
        for place, _ in [*batch, *batch]:
            self.spool.acknowledge(place)
        self.model = self.model[2:]

    @rule(garbage=st.binary(max_size=20).filter(lambda tail: b"\n" not in tail))
    def killed_in_the_middle_of_a_line(self, garbage: bytes) -> None:
        self.spool.close()
        last = sorted(Path(self.folder).glob("*.jsonl"))[-1]
        with last.open("ab") as file:
            file.write(garbage)
        self.spool = Spool(Folder.at(self.folder), self.max_bytes)

    @rule(limit=st.integers(1, 50))
    def newest(self, limit: int) -> None:
        assert self.spool.newest(limit) == self.model[-limit:]

    @invariant()
    def counts_agree(self) -> None:
        assert self.spool.pending == len(self.model)
        assert self.spool.dropped == self.lost
        used = sum(file.stat().st_size for file in Path(self.folder).glob("*.jsonl"))
        assert used <= self.max_bytes + 4096

    def teardown(self) -> None:
        self.spool.close()
        shutil.rmtree(self.folder)


class SmallSpoolMachine(SpoolMachine):
    max_bytes = 3000


TestSpool = SpoolMachine.TestCase
TestSmallSpool = SmallSpoolMachine.TestCase
TestSpool.settings = TestSmallSpool.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None
)


def test_an_unreadable_mark_delivers_again_rather_than_never(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([value(step) for step in range(5)])
    spool.acknowledge(spool.peek(3)[-1][0])
    spool.close()
    (tmp_path / "acknowledged").write_text("garbage")
    assert [report.step for _, report in opened(tmp_path).peek(10)] == list(range(5))


def test_lines_that_are_none_of_ours_are_passed_over(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([value(0)])
    spool.close()
    file = next(tmp_path.glob("*.jsonl"))
    file.write_bytes(b"no report\n" + file.read_bytes() + b"\n\xff\n[]\n")
    spool = opened(tmp_path)
    batch = spool.peek(10)
    assert [report for _, report in batch] == [value(0)]
    spool.acknowledge(batch[-1][0])
    assert spool.peek(10) == []
    assert spool.pending == 0


def test_a_full_volume_is_said(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([value(0)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The next line begins, and then the file may grow no more.
    enough = next(tmp_path.glob("*.jsonl")).stat().st_size + 5
    resource.setrlimit(resource.RLIMIT_FSIZE, (enough, hard))
    try:
        with pytest.raises(SpoolFull):
            spool.append([value(1)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert spool.dropped == 1
    spool.append([value(2)])
    assert [report.step for _, report in spool.peek(10)] == [0, 2]


@pytest.mark.parametrize("garbage", [b"\n", b"x\n", b"[1]\n", b'[" b",1,1]\n'])
def test_much_that_is_not_ours_is_passed_over_a_part_at_a_time(
    tmp_path: Path, garbage: bytes
) -> None:
    spool = opened(tmp_path, 2**24)
    spool.append([value(0)])
    spool.close()
    file = next(tmp_path.glob("*.jsonl"))
    count = 5 * LINES_A_PEEK
    file.write_bytes(file.read_bytes() + garbage * count + b'["loss",1,1]\n')
    spool = opened(tmp_path, 2**24)
    assert spool.pending == count + 2
    found: list[int] = []
    looks = 0
    while spool.pending:
        batch = spool.peek(256)
        found += [report.step for _, report in batch]
        if batch:
            spool.acknowledge(batch[-1][0])
        looks += 1
    assert found == [0, 1]
    assert looks <= 8
    spool.append([value(step) for step in range(5)])
    assert [report.step for report in spool.newest(3)] == [2, 3, 4]

"""Following a file in the time that there is, a line at a time if need be."""

import time
from pathlib import Path

from espalier_sidecar.follower import Follower
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.lines import json_line
from espalier_sidecar.positions import Positions
from espalier_sidecar.spool import Spool
from espalier_sidecar.volume import Folder

NAME = "reports.jsonl"


class Followed:
    """A file, and a follower that may be killed and begin again."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / NAME
        self.volume = Folder.at(str(folder))
        self.own = self.volume.own_folder()
        self.spool = Spool(self.own, 10_000_000)
        self.restart()

    def restart(self) -> None:
        positions = Positions(self.own, [NAME])
        self.follower = Follower(self.volume, NAME, json_line("loss"), self.spool, positions)

    def steps(self) -> list[int]:
        return [report.step for _, report in self.spool.peek(100_000)]


def line(step: int) -> str:
    return f'{{"step": {step}, "value": 0.5}}\n'


def test_one_look_reads_as_many_chunks_as_there_is_time_for(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    count = 5 * CHUNK // len(line(1000))
    followed.file.write_text("".join(line(step) for step in range(count)))
    assert not followed.follower.poll(time.monotonic() + 60)
    assert followed.steps() == list(range(count))


def test_without_time_one_line_is_read_and_none_lost_or_doubled_by_a_restart(
    tmp_path: Path,
) -> None:
    followed = Followed(tmp_path)
    followed.file.write_text("".join(line(step) for step in range(30)))
    for looks in range(30):
        assert followed.follower.poll(0.0)
        assert followed.steps() == list(range(looks + 1))
        if looks % 7 == 0:
            followed.restart()
    assert not followed.follower.poll(0.0)


def test_a_file_that_is_skipped_gives_the_whole_lines_of_its_end(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    count = 3 * CHUNK // len(line(1000))
    followed.file.write_text("".join(line(step) for step in range(count)) + line(count)[:-1])
    assert followed.follower.poll(0.0)
    followed.follower.skip()
    assert not followed.follower.poll(time.monotonic() + 60, last=True)
    first, *rest = followed.steps()
    assert first == 0
    assert rest == list(range(rest[0], count + 1))
    assert len(rest) > CHUNK // len(line(1000)) - 2
    assert followed.follower.bad_lines == 0


def test_a_file_that_fits_into_the_time_is_not_skipped(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.file.write_text(line(1) + line(2))
    assert followed.follower.poll(0.0)
    followed.follower.skip()
    assert not followed.follower.poll(time.monotonic() + 60, last=True)
    assert followed.steps() == [1, 2]

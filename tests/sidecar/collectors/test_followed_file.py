"""Following a file in the time that there is, a line at a time if need be."""

import tempfile
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.file import ReportLines
from espalier_sidecar.collectors.followed_file import FollowedFile
from espalier_sidecar.intake import take
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.spool import Spool
from espalier_sidecar.volume import Folder
from tests.sidecar.contexts import context_of

NAME = "reports.jsonl"


class Followed:
    """A file, and a collector that may be killed and begin again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / NAME
        self.volume = Folder.at(str(folder))
        self.own = self.volume.own_folder()
        self.spool = Spool(self.own, 10_000_000)
        self.restart()

    def restart(self) -> None:
        context = context_of(self.folder)
        self.collector = FollowedFile(context, str(self.file), ReportLines("loss"))

    def poll(self, until: float, last: bool = False) -> bool:
        return take(self.collector, self.spool, until, last)

    def steps(self) -> list[int]:
        return [report.step for _, report in self.spool.peek(100_000)]


def line(step: int) -> str:
    return f'{{"step": {step}, "value": 0.5}}\n'


def test_one_look_reads_as_many_chunks_as_there_is_time_for(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    count = 5 * CHUNK // len(line(1000))
    followed.file.write_text("".join(line(step) for step in range(count)))
    assert not followed.poll(time.monotonic() + 60)
    assert followed.steps() == list(range(count))


def test_without_time_one_line_is_read_and_none_lost_or_doubled_by_a_restart(
    tmp_path: Path,
) -> None:
    followed = Followed(tmp_path)
    followed.file.write_text("".join(line(step) for step in range(30)))
    for looks in range(30):
        assert followed.poll(0.0)
        assert followed.steps() == list(range(looks + 1))
        if looks % 7 == 0:
            followed.restart()
    assert not followed.poll(0.0)


def test_a_file_that_is_skipped_gives_the_whole_lines_of_its_end(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    count = 3 * CHUNK // len(line(1000))
    followed.file.write_text("".join(line(step) for step in range(count)) + line(count)[:-1])
    assert followed.poll(0.0)
    followed.collector.skip()
    assert not followed.poll(time.monotonic() + 60, last=True)
    first, *rest = followed.steps()
    assert first == 0
    assert rest == list(range(rest[0], count + 1))
    assert len(rest) > CHUNK // len(line(1000)) - 2
    assert followed.collector.health().bad == 0


def test_a_file_that_fits_into_the_time_is_not_skipped(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.file.write_text(line(1) + line(2))
    assert followed.poll(0.0)
    followed.collector.skip()
    assert not followed.poll(time.monotonic() + 60, last=True)
    assert followed.steps() == [1, 2]


def test_the_health_tells_a_missing_file_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.poll(0.0)
    assert followed.collector.health().fault == f"'{NAME}' is not there yet"
    followed.file.symlink_to(tmp_path / "elsewhere")
    followed.poll(0.0)
    assert "no link on the way" in followed.collector.health().fault
    followed.file.unlink()
    followed.file.write_text(line(1))
    followed.poll(0.0)
    assert followed.collector.health().fault == ""
    assert followed.steps() == [1]


def test_the_health_counts_lines_by_what_was_in_them(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.file.write_text(
        f"{line(1)}\n{line(2)}no report\n[{line(3).strip()},{line(4).strip()}]\n"
        f"{'x' * (2 * CHUNK)}\n{line(5)}"
    )
    followed.poll(time.monotonic() + 60)
    assert followed.steps() == [1, 2, 3, 4, 5]
    health = followed.collector.health()
    assert (health.source, health.fault) == (NAME, "")
    # The blank line is none that was meant to hold a value; the long one is, for all one knows.
    assert (health.matched, health.bad) == (4, 2)
    assert 7 <= health.seen <= 8


ACTS = st.sampled_from(["write", "begin a line", "poll", "hurry", "restart", "rotate"])


@given(st.lists(ACTS, max_size=40))
@settings(deadline=None)
def test_every_value_comes_once_whatever_is_done_in_whatever_order(acts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        followed, written, begun = Followed(Path(folder)), 0, ""
        for act in [*acts, "write", "poll", "poll"]:
            if act in ("write", "begin a line"):
                text = begun or line(written)
                size = len(text) // 2 if act == "begin a line" else len(text)
                with followed.file.open("a") as file:
                    file.write(text[:size])
                begun = text[size:]
                written += not begun
            elif act == "restart":
                followed.collector.close()
                followed.restart()
            elif act == "rotate" and not begun and followed.file.exists():
                # As a logger does that has seen its file read: what nobody has read would be lost.
                followed.poll(time.monotonic() + 60)
                followed.file.rename(Path(folder, f"old-{written}-{time.monotonic_ns()}"))
            else:
                followed.poll(0.0 if act == "hurry" else time.monotonic() + 60)
        assert followed.steps() == list(range(written))
        followed.collector.close()
        followed.spool.close()

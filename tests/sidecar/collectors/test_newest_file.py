"""A path with stars: which file it means, and what becomes of the one that it meant before."""

import os
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.growing_file import GrowingFile
from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.collectors.newest_file import (
    MOST_ENTRIES,
    NewestFile,
    following,
    is_match,
    matching,
)
from espalier_sidecar.collectors.table import read_source
from espalier_sidecar.contract import polled
from espalier_sidecar.volume import Folder
from tests.sidecar.contexts import context_of

PATTERN = "logs/version_*/metrics.csv"


def write(folder: Path, name: str, text: str, at: float) -> None:
    """Append to a file as if it were so many seconds after the epoch."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)
    os.utime(path, (at, at))


def followed(folder: Path, resume: Position | None = None) -> GrowingFile:
    return GrowingFile(NewestFile(Folder.at(str(folder)), resume), PATTERN, resume)


def lines(file: GrowingFile, last: bool = False) -> bytes:
    found = b""
    while (more := file.read(last)) is not None:
        found += more
    return found


def test_the_newest_is_read_and_then_one_that_is_newer(tmp_path: Path) -> None:
    write(tmp_path, "logs/version_9/metrics.csv", "old\n", 10)
    write(tmp_path, "logs/version_10/metrics.csv", "a\n", 20)
    file = followed(tmp_path)
    assert lines(file) == b"a\n"
    write(tmp_path, "logs/version_10/metrics.csv", "b\n", 30)
    write(tmp_path, "logs/version_11/metrics.csv", "c\n", 40)
    assert lines(file) == b"b\nc\n"


def test_what_a_file_that_was_left_says_later_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "logs/version_0/metrics.csv", "a\n", 10)
    file = followed(tmp_path)
    assert lines(file) == b"a\n"
    write(tmp_path, "logs/version_1/metrics.csv", "b\n", 20)
    assert lines(file) == b"b\n"
    for at in (30, 40):
        write(tmp_path, "logs/version_0/metrics.csv", "x\n", at)
        write(tmp_path, "logs/version_1/metrics.csv", "c\n", at + 5)
        assert lines(file) == b"c\n"


def test_of_two_files_that_are_as_old_the_last_by_name_is_the_newest(tmp_path: Path) -> None:
    for name in "bca":
        write(tmp_path, f"logs/version_{name}/metrics.csv", f"{name}\n", 10)
    assert lines(followed(tmp_path)) == b"c\n"


def test_after_a_restart_the_file_that_was_read_is_read_to_its_end_first(tmp_path: Path) -> None:
    write(tmp_path, "logs/version_0/metrics.csv", "a\nb\n", 10)
    file = followed(tmp_path)
    assert lines(file) == b"a\nb\n"
    position = Position(file.position.inode, 2)
    write(tmp_path, "logs/version_1/metrics.csv", "c\n", 20)
    assert lines(followed(tmp_path, position)) == b"b\nc\n"


def test_nothing_that_matches_is_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    file = followed(tmp_path)
    assert lines(file) == b""
    assert not file.found
    write(tmp_path, "logs/version_0/metrics.csv", "a\n", 10)
    assert lines(file) == b"a\n"


def test_links_and_what_is_no_file_are_none_of_them(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/metrics.csv", "x\n", 90)
    write(tmp_path, "logs/version_0/metrics.csv", "a\n", 10)
    (tmp_path / "logs/version_1").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "logs/version_2/metrics.csv").mkdir(parents=True)
    (tmp_path / "logs/version_3").mkdir()
    os.mkfifo(tmp_path / "logs/version_3/metrics.csv")
    (tmp_path / "logs/version_4").mkdir()
    (tmp_path / "logs/version_4/metrics.csv").symlink_to(tmp_path / "elsewhere/metrics.csv")
    (tmp_path / "logs/version_5").write_text("no folder")
    assert [path for path, _ in matching(Folder.at(str(tmp_path)), PATTERN)] == [
        "logs/version_0/metrics.csv"
    ]
    assert lines(followed(tmp_path)) == b"a\n"


def test_a_folder_with_too_many_files_is_not_looked_through(tmp_path: Path) -> None:
    for number in range(MOST_ENTRIES + 1):
        (tmp_path / f"{number}.csv").touch()
    volume = NewestFile(Folder.at(str(tmp_path)), None)
    with pytest.raises(OSError, match="expected at most 256 files"):
        volume.open("*.csv")


def test_a_path_without_a_star_is_followed_as_it_is(tmp_path: Path) -> None:
    context = context_of(tmp_path)
    assert following(context, f"{tmp_path}/a.csv") is context
    assert isinstance(following(context, f"{tmp_path}/*.csv").volume, NewestFile)


@given(st.text("ab.", max_size=8), st.text("ab.*", max_size=6).map(lambda text: text + "*"))
def test_a_star_is_any_part_of_a_name(name: str, pattern: str) -> None:
    hidden = name.startswith(".") and not pattern.startswith(".")
    assert is_match(name, pattern.split("*")) == (fnmatchcase(name, pattern) and not hidden)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["write", "look"])), max_size=30),
)
@settings(deadline=None, max_examples=50)
def test_one_run_after_the_other_is_read_whole_and_once(acts: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, written, runs, now = Path(name), b"", 0, 1000.0
        file = followed(folder)
        found = b""
        for more, act in [*acts, (0, "write"), (0, "look")]:
            now += 1
            if act == "look":
                found += lines(file)
                continue
            if more == 3:
                # A run that has ended is read before the next one begins, as it is 40 times a
                # second: of two that begin and end between two looks the first is lost.
                found += lines(file)
                runs += 1
            text = f"{runs} {now}\n"
            write(folder, f"logs/version_{runs}/metrics.csv", text, now)
            written += text.encode()
        assert found + lines(file, last=True) == written
        file.close()


def test_a_log_of_a_directory_of_the_trainers_is_followed_from_run_to_run(tmp_path: Path) -> None:
    section = {"path": "/work/run-*/train.log", "directory": "/work", "preset": "KeyValue"}
    log = read_source("Log", section).collector(context_of(tmp_path))
    write(tmp_path, "mounts/work/run-1/train.log", "epoch=1 loss=0.5\n", 10)
    assert polled(log) == [("loss", 1, 0.5)]
    write(tmp_path, "mounts/work/run-1/train.log", "epoch=2 loss=0.4\n", 20)
    write(tmp_path, "mounts/work/run-2/train.log", "epoch=3 loss=0.3\n", 30)
    assert polled(log, last=True) == [("loss", 2, 0.4), ("loss", 3, 0.3)]
    log.close()

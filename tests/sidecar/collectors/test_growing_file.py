"""Following a file: every whole line once, however it was written."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.growing_file import GrowingFile
from espalier_sidecar.collectors.lines import line_at
from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.volume import Folder


def split(text: bytes) -> list[bytes]:
    """Split a piece of whole lines as a reader does."""
    lines, at = [], 0
    while at < len(text):
        line = line_at(text, at)
        lines.append(text[at : line.end])
        at = line.next
    return lines


def drain(growing_file: GrowingFile, last: bool = False) -> list[bytes]:
    lines: list[bytes] = []
    while (some := growing_file.read(last)) is not None:
        lines += split(some)
    return lines


def growing(path: Path, position: Position | None = None, within: bool = False) -> GrowingFile:
    return GrowingFile(Folder.at(str(path.parent)), path.name, position, within)


PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"bc", b" ", b"\xff"]), max_size=60)


@given(PIECES, st.lists(st.integers(1, 9), min_size=1), st.data())
@settings(deadline=None)
def test_every_line_comes_once_whatever_its_end_and_the_chunks_and_restarts(
    pieces: list[bytes], sizes: list[int], data: st.DataObject
) -> None:
    content = b"".join(pieces)
    found: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log")
        growing_file = growing(path)
        with path.open("ab", buffering=0) as file:
            at = 0
            while at < len(content):
                size = sizes[at % len(sizes)]
                file.write(content[at : at + size])
                at += size
                found += drain(growing_file)
                if data.draw(st.booleans()):
                    growing_file.close()
                    growing_file = growing(path, growing_file.position, growing_file.within)
        found += drain(growing_file)
        found += drain(growing_file, last=True)
    *whole, rest = re.split(rb"\r\n|\r|\n", content)
    assert found == ([*whole, rest] if rest else whole)


@given(
    st.lists(st.integers(0, 3 * CHUNK).map(lambda n: n - n % 17000), min_size=1, max_size=4),
    st.sampled_from([b"\n", b"\r", b"\r\n"]),
    st.data(),
)
@settings(deadline=None, max_examples=40)
def test_of_a_line_of_any_length_the_beginning_comes_and_nothing_twice(
    lengths: list[int], end: bytes, data: st.DataObject
) -> None:
    lines = [bytes([97 + index]) * length for index, length in enumerate(lengths)]
    found: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log")
        path.write_bytes(b"".join(line + end for line in lines))
        growing_file = growing(path)
        while (some := growing_file.read(last=True)) is not None:
            assert len(some) <= CHUNK
            found += split(some)
            if data.draw(st.booleans()):
                growing_file.close()
                growing_file = growing(path, growing_file.position, growing_file.within)
    assert [line[:CHUNK] for line in lines] == found


@pytest.mark.parametrize("length", range(CHUNK - 3, CHUNK + 3))
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_a_line_as_long_as_a_chunk_ends_where_it_ends(
    length: int, end: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * length + end + b"two" + end)
    found = drain(growing(path), last=True)
    assert [len(line) for line in found] == [min(length, CHUNK), 3]


def test_an_unfinished_line_counts_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntw")
    growing_file = growing(path)
    assert drain(growing_file) == [b"one"]
    assert drain(growing_file, last=True) == [b"tw"]
    assert drain(growing_file, last=True) == []


def test_a_file_that_is_cut_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\n")
    growing_file = growing(path)
    assert drain(growing_file) == [b"one", b"two"]
    path.write_bytes(b"3\n")
    assert drain(growing_file) == [b"3"]


def test_a_file_that_is_rotated_is_finished_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    growing_file = growing(path)
    assert drain(growing_file) == [b"one"]
    with path.open("ab") as file:
        file.write(b"two\nthree")
    path.rename(tmp_path / "log.1")
    assert drain(growing_file) == [b"two"]
    path.write_bytes(b"four\n")
    assert drain(growing_file) == [b"three", b"four"]


def test_a_file_that_is_cut_within_a_long_line_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (2 * CHUNK))
    growing_file = growing(path)
    assert drain(growing_file) == [b"x" * CHUNK]
    path.write_bytes(b"one\ntwo\n")
    assert drain(growing_file) == [b"one", b"two"]


def test_a_file_that_was_replaced_while_nobody_looked_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    before = path.stat().st_ino
    growing_file = growing(path, Position(before + 1, 2))
    assert drain(growing_file) == [b"one"]


def test_a_pipe_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    os.mkfifo(path)
    with pytest.raises(OSError, match="expected a regular file"):
        growing(path).read()


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    growing_file = growing(path)
    assert growing_file.read() is None
    path.write_bytes(b"one\n")
    assert drain(growing_file) == [b"one"]

"""Following a file: every whole line once, however it was written."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.growing_file import GrowingFile, Position
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.volume import Folder


def drain(growing_file: GrowingFile, last: bool = False) -> list[bytes]:
    lines: list[bytes] = []
    while (some := growing_file.read(last)) is not None:
        lines += some.removesuffix(b"\n").split(b"\n") if some else []
    return lines


def growing(path: Path, position: Position | None = None) -> GrowingFile:
    return GrowingFile(Folder.at(str(path.parent)), path.name, position)


@given(
    st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=20),
    st.lists(st.integers(1, 60), min_size=1),
    st.data(),
)
@settings(deadline=None)
def test_every_line_comes_once_whatever_the_chunks_and_restarts(
    lines: list[bytes], sizes: list[int], data: st.DataObject
) -> None:
    content = b"".join(line + b"\n" for line in lines)
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
                    growing_file = growing(path, growing_file.position)
        found += drain(growing_file)
    assert found == lines


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


def test_a_line_without_end_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n" + b"x" * (3 * CHUNK) + b"\ntwo\n")
    growing_file = growing(path)
    assert drain(growing_file) == [b"one", b"two"]
    assert growing_file.too_long == 1


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

"""A text in pieces: every line once, wherever it is cut, and what was lost is said."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.collectors.pieces import MOST_NAMES, Pieces
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.volume import Folder
from tests.sidecar.collectors.test_growing_file import split

TEXT = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"bc", b" ", b"\xff"]), max_size=60)


class Writer:
    """Writes a text in pieces as the trainer's shell does."""

    def __init__(self, volume: Path) -> None:
        self.folder = volume / "printed"
        self.folder.mkdir()
        self.number = 0
        self.write(b"")

    def write(self, text: bytes) -> None:
        """Add to the piece that is written."""
        with (self.folder / str(self.number)).open("ab") as file:
            file.write(text)

    def cut(self, keep: int = 8) -> None:
        """Begin the next piece; of what is not read the oldest goes."""
        self.number += 1
        self.write(b"")
        (self.folder / str(self.number - keep)).unlink(missing_ok=True)


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def pieces(writer: Writer, position: Position | None = None, within: bool = False) -> Pieces:
    return Pieces(Folder.at(str(writer.folder.parent)), "printed", position, within)


def drain(text: Pieces, last: bool = False) -> list[bytes]:
    lines: list[bytes] = []
    while (some := text.read(last)) is not None:
        lines += split(some)
    return lines


@given(TEXT, st.lists(st.integers(1, 9), min_size=1), st.data())
@settings(deadline=None)
def test_every_line_comes_once_wherever_it_is_cut_and_whoever_is_restarted(
    parts: list[bytes], sizes: list[int], data: st.DataObject
) -> None:
    content = b"".join(parts)
    found: list[bytes] = []
    with tempfile.TemporaryDirectory() as volume:
        writer = Writer(Path(volume))
        text = pieces(writer)
        at = 0
        while at < len(content):
            size = sizes[at % len(sizes)]
            writer.write(content[at : at + size])
            at += size
            if data.draw(st.booleans()):
                writer.cut(keep=1000)
            found += drain(text)
            place = text.place_before(0)
            text.free(place)
            if data.draw(st.booleans()):
                text.close()
                text = pieces(writer, place, text.within)
        found += drain(text, last=True)
        text.free(text.place_before(0))
        assert text.lost == 0
        left = sorted(int(name) for name in os.listdir(writer.folder))
        # What a restarted reader never opened is left for the writer to delete.
        assert left[-1] == writer.number
    *whole, rest = re.split(rb"\r\n|\r|\n", content)
    assert found == ([*whole, rest] if rest else whole)


@given(st.lists(st.integers(0, 3 * CHUNK).map(lambda n: n - n % 17000), min_size=1, max_size=4))
@settings(deadline=None, max_examples=30)
def test_of_a_line_of_any_length_the_beginning_comes(lengths: list[int]) -> None:
    lines = [bytes([97 + index]) * length for index, length in enumerate(lengths)]
    with tempfile.TemporaryDirectory() as volume:
        writer = Writer(Path(volume))
        text, found = pieces(writer), []
        for line in lines:
            writer.write(line[: len(line) // 2])
            writer.cut()
            found += drain(text)
            writer.write(line[len(line) // 2 :] + b"\n")
        found += drain(text)
        assert len(found) == len(lines)
        assert all(
            line.startswith(came) and len(came) >= min(len(line), CHUNK - 1)
            for line, came in zip(lines, found, strict=True)
        )


def test_what_was_read_and_kept_is_deleted_and_nothing_else(writer: Writer) -> None:
    text = pieces(writer)
    writer.write(b"one\ntw")
    writer.cut()
    writer.write(b"o\nthree\nfo")
    writer.cut()
    writer.write(b"ur\n")
    assert text.read() == b"one\n"
    text.free(text.place_before(0))
    assert sorted(os.listdir(writer.folder)) == ["0", "1", "2"]
    assert drain(text) == [b"two", b"three", b"four"]
    text.free(text.place_before(len(b"three\nfour\n")))
    assert sorted(os.listdir(writer.folder)) == ["1", "2"]
    text.free(text.place_before(0))
    assert sorted(os.listdir(writer.folder)) == ["2"]


@pytest.mark.parametrize("read_before", [False, True], ids=["never read", "read before"])
def test_pieces_that_are_gone_are_counted_and_reading_goes_on_at_a_whole_line(
    read_before: bool, writer: Writer
) -> None:
    text = pieces(writer)
    if read_before:
        writer.write(b"first\nseco")
        assert drain(text) == [b"first"]
    for number in range(20):
        writer.cut()
        writer.write(b"tail\nline %d\nhea" % number)
    found = drain(text)
    assert found[0] == b"line 12"
    assert found[-1] == b"line 19"
    assert text.lost == 1


def test_a_trainer_that_is_started_again_begins_another_text(writer: Writer) -> None:
    text = pieces(writer)
    for number in range(3):
        writer.write(b"old %d\n" % number)
        writer.cut()
    drain(text)
    for each in writer.folder.iterdir():
        each.unlink()
    writer.number = 0
    writer.write(b"new\n")
    assert drain(text) == [b"new"]


def test_skip_leaves_the_last_64_kib_across_pieces(writer: Writer) -> None:
    lines = [b"%07d" % number for number in range(40_000)]
    text = pieces(writer)
    for start in range(0, len(lines), 6000):
        writer.write(b"\n".join(lines[start : start + 6000]) + b"\n")
        writer.cut()
    assert text.skip() == len(lines) * 8 - CHUNK
    found = drain(text, last=True)
    assert found == lines[-len(found) :]
    assert len(found) == CHUNK // 8 - 1
    assert pieces(writer).skip() > 0
    text.close()


def test_nothing_to_skip_is_skipped(writer: Writer) -> None:
    writer.write(b"one\ntwo\n")
    text = pieces(writer)
    assert text.skip() == 0
    assert drain(text) == [b"one", b"two"]


@pytest.mark.parametrize("what", ["link", "folder", "pipe"])
def test_a_piece_that_is_no_file_stops_reading_until_it_is_gone(what: str, writer: Writer) -> None:
    text = pieces(writer)
    writer.write(b"one\n")
    other = writer.folder / "1"
    if what == "link":
        other.symlink_to("/etc/passwd")
    elif what == "folder":
        other.mkdir()
    else:
        os.mkfifo(other)
    with pytest.raises(OSError, match="regular file"):
        drain(text)
    other.rmdir() if what == "folder" else other.unlink()
    writer.cut()
    writer.write(b"two\n")
    assert drain(text) == [b"two"]


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "0").write_bytes(b"one\n")
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "printed").symlink_to(elsewhere)
    with pytest.raises(OSError, match="no link"):
        Pieces(Folder.at(str(volume)), "printed").read()
    assert (elsewhere / "0").exists()


def test_a_folder_with_a_thousand_files_is_said_and_not_read(writer: Writer) -> None:
    (writer.folder / "0").unlink()
    for number in range(MOST_NAMES + 1):
        (writer.folder / f"x{number}").touch()
    with pytest.raises(OSError, match=f"at most {MOST_NAMES}"):
        pieces(writer).read()


def test_a_piece_that_shrinks_is_left_for_the_next(writer: Writer) -> None:
    text = pieces(writer)
    writer.write(b"one\n" * 100)
    drain(text)
    os.truncate(writer.folder / "0", 3)
    assert drain(text) == []
    writer.cut()
    writer.write(b"two\n")
    assert drain(text) == [b"two"]

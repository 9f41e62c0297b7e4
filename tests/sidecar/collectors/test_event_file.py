"""Whatever happens to an event file, what is read of it was written, and is all that can be."""

import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.event_file import LARGEST_READ, MOST_SPOILT, EventFile, Record
from espalier_sidecar.collectors.event_proto import BadEvent, Scalar, scalars
from espalier_sidecar.volume import Folder
from tests.sidecar.event_files import header, scalar

REAL = (Path(__file__).parent / "recorded" / "tensorboardx.tfevents").read_bytes()
"""What tensorboardX 2.6.5 wrote: scalars, texts, histograms and an image."""


def values(data: bytes) -> list[Scalar]:
    """Read a file as the collector does."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "file").write_bytes(data)
        file = EventFile(0)
        file.open(Folder.at(folder), "file")
        found = []
        while (taken := file.take()) is not None:
            found += trusted(file, taken)
        file.close()
        return found


def trusted(file: EventFile, taken: Record) -> list[Scalar]:
    try:
        found = scalars(taken.data)
    except BadEvent:
        found = None
    if found is None or (found and not taken.intact):
        file.distrust(taken)
        return []
    return found


def ends(data: bytes) -> list[int]:
    """Return where the records of an intact file end, the first's beginning too."""
    found = [0]
    while found[-1] < len(data):
        found.append(found[-1] + 16 + int.from_bytes(data[found[-1] :][:8], "little"))
    return found


ENDS = ends(REAL)
EACH = [scalars(REAL[first + 12 : end - 4]) for first, end in pairwise(ENDS)]
"""The values of each record of the real file."""


def flat(records: list[list[Scalar]]) -> list[str]:
    return [repr(each) for values in records for each in values]


def shown(data: bytes) -> list[str]:
    """Read a file; NaN is equal to itself in what is shown."""
    return [repr(each) for each in values(data)]


def test_a_real_file_is_read() -> None:
    assert [each.step for each in values(REAL) if each.tag == "train/loss"] == list(range(12))
    assert shown(REAL) == flat(EACH)
    assert len(flat(EACH)) == 16


def test_a_file_that_is_cut_anywhere_gives_all_that_is_whole() -> None:
    for size in range(len(REAL)):
        whole = sum(end <= size for end in ENDS) - 1
        assert shown(REAL[:size]) == flat(EACH[:whole])


def test_a_spoilt_byte_costs_the_record_that_it_is_in_and_no_other() -> None:
    for at in range(len(REAL)):
        spoilt = bytearray(REAL)
        spoilt[at] ^= 0xFF if at % 2 else 1 << at % 8
        hit = sum(end <= at for end in ENDS) - 1
        assert shown(bytes(spoilt)) == flat([*EACH[:hit], *EACH[hit + 1 :]]), at


@given(
    st.integers(0, len(REAL)),
    st.integers(0, 300),
    st.one_of(st.binary(max_size=300), st.just(REAL[:100]), st.integers(0, 300).map(bytes)),
)
@settings(deadline=None)
def test_a_spoilt_part_costs_none_of_what_is_before_it_and_invents_nothing(
    at: int, size: int, instead: bytes
) -> None:
    found = shown(REAL[:at] + instead + REAL[at + size :] + REAL)
    before = flat(EACH[: sum(end <= at for end in ENDS) - 1])
    assert found[: len(before)] == before
    assert set(found) <= set(flat(EACH))
    # A record without values that lacks a part may take as much of what comes after it.
    after = flat(EACH[sum(end <= 300 for end in ENDS) + 1 :])
    assert found[-len(after) :] == after


@given(
    st.one_of(st.binary(), st.lists(st.sampled_from([b"\0" * 5, b"\1", REAL[:20]])).map(b"".join))
)
@settings(deadline=None)
def test_any_bytes_are_read_to_their_end_and_give_nothing(data: bytes) -> None:
    assert values(data) == []


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**31 + 1, 2**31, 10**9])
def test_a_length_beyond_the_file_is_never_asked_for(length: int) -> None:
    after = [Scalar("loss", 1, 0.5)]
    unsigned, signed = length.to_bytes(8, "little") + bytes(4), header(length)
    assert values(unsigned + scalar("loss", 1, 0.5)) == after
    # One that is signed and can be is waited for.
    assert values(signed + scalar("loss", 1, 0.5)) == ([] if length <= 2**31 else after)


def test_a_large_record_is_passed_over_without_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, read, pread = 700_000_000, [0], os.pread
    with (tmp_path / "file").open("wb") as writer:
        writer.write(header(large))
        writer.seek(large + 4, os.SEEK_CUR)
        writer.write(scalar("loss", 1, 0.5))

    def counted(fd: int, size: int, at: int) -> bytes:
        found = pread(fd, size, at)
        read.append(len(found))
        return found

    monkeypatch.setattr(os, "pread", counted)
    file = EventFile(0)
    file.open(Folder.at(str(tmp_path)), "file")
    found = []
    while (taken := file.take()) is not None:
        found += scalars(taken.data)
    file.close()
    assert found == [Scalar("loss", 1, 0.5)]
    assert sum(read) < 200_000


def test_a_file_with_too_much_to_search_is_given_up_until_it_is_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff" * (MOST_SPOILT + 2**20) + scalar("loss", 1, 0.5))
    folder, file = Folder.at(str(tmp_path)), EventFile(0)
    file.open(folder, "file")
    while file.take() is not None:
        pass
    assert file.given_up
    path.write_bytes(scalar("loss", 2, 0.5))
    file.open(folder, "file")
    taken = file.take()
    assert taken is not None
    assert scalars(taken.data) == [Scalar("loss", 2, 0.5)]
    file.close()


def test_records_within_records_are_searched_to_a_bound(tmp_path: Path) -> None:
    """Each of the headers is right, and the checksum of what follows it is not."""
    inside = b"".join(header(length - 16) for length in range(LARGEST_READ, 16, -12))
    (tmp_path / "file").write_bytes(inside * 4)
    file, distrusted = EventFile(0), 0
    file.open(Folder.at(str(tmp_path)), "file")
    while (taken := file.take()) is not None:
        if taken.data:
            file.distrust(taken)
            distrusted += len(taken.data)
    file.close()
    assert file.given_up
    assert distrusted <= MOST_SPOILT + LARGEST_READ

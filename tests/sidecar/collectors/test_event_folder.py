"""A directory is looked through in bounded time and memory, whatever lies in it."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from espalier_sidecar.collectors import event_folder
from espalier_sidecar.collectors.event_folder import EventFolder
from espalier_sidecar.volume import Folder


def folder_at(volume: Path) -> EventFolder:
    return EventFolder(Folder.at(str(volume)), "runs")


def look(folder: EventFolder) -> list[str]:
    assert folder.look(time.monotonic() + 60, True)
    return [found.path.removeprefix("runs/") for found in folder.files]


def lay(volume: Path, *paths: str) -> None:
    for age, path in enumerate(reversed(paths)):
        file = volume / "runs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (1e9 - age, 1e9 - age))


def test_event_files_are_found_at_any_depth_the_oldest_first(tmp_path: Path) -> None:
    names = ["b/c/d/x.tfevents.1", "events.out.tfevents.2", "a/events.out.tfevents.3.v2"]
    lay(tmp_path, *names)
    lay(tmp_path, "a/model.pt", "events.out.tfevents.2\n", "b/checkpoint/optimizer")
    (tmp_path / "runs" / "latest").symlink_to("a")
    folder = folder_at(tmp_path)
    assert look(folder) == names
    assert folder.fault == ""


def test_without_time_a_look_gets_on_folder_by_folder(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{number}/x.tfevents" for number in range(5)))
    folder = folder_at(tmp_path)
    looks = 1
    while not folder.look(0.0, False):
        assert folder.looking
        assert folder.files == []
        looks += 1
    assert looks == 6
    assert len(folder.files) == 5


def test_a_directory_with_much_in_it_is_looked_at_less_often(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{number}.pt" for number in range(200)), "x.tfevents")
    folder = folder_at(tmp_path)
    ended = [folder.look(time.monotonic() + 60, False) for _ in range(9)]
    assert ended == [True, False, False, False, True, False, False, False, True]
    assert folder.look(time.monotonic() + 60, True)


def test_of_too_many_files_the_newest_are_known(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{number}.tfevents" for number in range(1000)))
    folder = folder_at(tmp_path)
    assert look(folder) == [f"{number}.tfevents" for number in range(600, 1000)]
    assert "at most 400 event files" in folder.fault


@pytest.mark.parametrize(
    ("bound", "value", "says"),
    [
        ("MOST_FOLDERS", 20, "at most 20 folders"),
        ("MOST_ENTRIES", 20, "at most 20 names"),
        ("LONGEST_PATH", 60, "at most 60 characters"),
    ],
)
def test_beyond_a_bound_it_says_what_was_expected(
    bound: str, value: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = "/".join("abcdefgh" for _ in range(8))
    lay(tmp_path, *(f"{number}/x.tfevents" for number in range(40)), f"{deep}/x.tfevents")
    monkeypatch.setattr(event_folder, bound, value)
    folder = folder_at(tmp_path)
    found = look(folder)
    assert says in folder.fault
    assert f"{deep}/x.tfevents" not in found
    assert len(found) <= 40
    monkeypatch.undo()
    assert len(look(folder)) == 41
    assert folder.fault == ""


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Be another user for a while: nothing is closed to root."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("what", ["nothing", "a link", "a file", "a closed folder"])
def test_a_directory_that_cannot_be_looked_into_is_said(what: str, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    if what == "a link":
        runs.symlink_to("/etc")
    elif what == "a file":
        runs.touch()
    elif what == "a closed folder":
        runs.mkdir(mode=0)
    tmp_path.chmod(0o755)
    folder = folder_at(tmp_path)
    with as_nobody() if os.geteuid() == 0 else contextlib.nullcontext():
        assert look(folder) == []
    assert ("not there yet" if what == "nothing" else "cannot look into 'runs'") in folder.fault

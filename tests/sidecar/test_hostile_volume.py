"""A shared volume full of what a trainer should not put there, and a sidecar that lives on."""

import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from espalier_sidecar.collectors.growing_file import GrowingFile
from espalier_sidecar.volume import Folder
from tests.sidecar.fake_ingest import PRUNE, FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_process import METRIC, wait_until

Start = Callable[..., RunningSidecar]
SECRET = "eyJzZWNyZXQ.of-the-pod"
BAIT = f'{{"step": 7, "value": 0.7}}\n{SECRET}\n{{"prune": true, "message": "{SECRET}"}}\n'
OPEN = ["reports.jsonl", "prune", "mine/values.jsonl"]
OWN = [
    ".sidecar/acknowledged",
    ".sidecar/positions.json",
    ".sidecar/positions.json.new",
    ".sidecar/rejected.jsonl",
    ".sidecar/prune.new",
    ".sidecar/000000000001.jsonl",
    ".sidecar/000000000002.jsonl",
]


def fifo(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def link_out(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def dangling_link(path: Path, outside: Path) -> None:
    path.symlink_to(outside.with_name("nothing"))


def link_to_itself(path: Path, outside: Path) -> None:
    path.symlink_to(path.name)


def folder(path: Path, outside: Path) -> None:
    path.mkdir()
    (path / "something").write_text("in it")


def socket_file(path: Path, outside: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def sparse_file(path: Path, outside: Path) -> None:
    path.touch()
    os.truncate(path, 50 * 2**30)


def deep_json(path: Path, outside: Path) -> None:
    path.write_text("[" * 30_000 + "\n" + "[" * 2_900 + "]" * 2_900 + '\n{"prune":' * 3_000)


def infinities(path: Path, outside: Path) -> None:
    path.write_text(
        '{"reports.jsonl": [Infinity, -1], "mine/values.jsonl": [1, 1e999], "prune": true}\n'
    )


def escape_codes(path: Path, outside: Path) -> None:
    path.write_bytes(b'\x1b[31m["\x1b[2J\n",\xe2\x80\xae1,1]\n{"step": "\x1b[0m"}\n\xff\xfe\x00\n')


HOSTILE = [
    fifo,
    link_out,
    dangling_link,
    link_to_itself,
    folder,
    socket_file,
    sparse_file,
    deep_json,
    infinities,
    escape_codes,
]
WITHOUT_RIGHTS = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
EACH = pytest.mark.parametrize("lay", HOSTILE, ids=lambda lay: lay.__name__.replace("_", " "))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.write_text(BAIT)
    return path


def collector(folder: Path) -> str:
    path = str(folder / "espalier" / "mine" / "values.jsonl")
    return json.dumps([{"type": "File", "file": {"path": path}}])


def replace(path: Path, lay: Callable[[Path, Path], None], outside: Path) -> None:
    """Lay something where something else may lie, which a sidecar may write anew meanwhile."""
    path.parent.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="aside-", dir=outside.parent))
    new = aside / path.name
    lay(new, outside)
    for turn in range(1000):
        try:
            if path.is_dir() and not path.is_symlink():
                path.rename(aside / f"gone-{turn}")  # not removed: it may still be written into
            elif new.is_dir() and not new.is_symlink():
                path.unlink(missing_ok=True)
            new.rename(path)
        except OSError as error:
            refused = error
        else:
            return
    raise AssertionError(f"{path} is written anew each time: {refused}")


def works(sidecar: RunningSidecar, ingest: FakeIngest, step: int) -> None:
    """Check that a value posted now arrives."""
    assert sidecar.post({"step": step, "value": 0.5})[0] == 202
    ingest.wait_for_steps([step])


def gave_nothing_away(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    """Check that the text outside the volume came neither in nor out."""
    log = sidecar.log.read_text()
    assert "Traceback" not in log
    assert SECRET not in log
    assert SECRET not in json.dumps([post.body for post in ingest.posts])
    assert 7 not in [step for _, step, _ in ingest.stored]
    for path in sidecar.directory.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**20:
            assert SECRET.encode() not in path.read_bytes()
    assert all(line.isprintable() for line in log.splitlines())


@EACH
@pytest.mark.parametrize("places", [OPEN, OWN], ids=["the trainer's files", "the sidecar's own"])
def test_a_sidecar_starts_works_and_ends_over(
    lay: Callable[[Path, Path], None],
    places: list[str],
    start: Start,
    ingest: FakeIngest,
    tmp_path: Path,
    outside: Path,
) -> None:
    volume = tmp_path / "espalier"
    volume.mkdir()
    for place in places:
        replace(volume / place, lay, outside)
    sidecar = start(ESPALIER_COLLECTORS=collector(tmp_path))
    works(sidecar, ingest, 1)
    assert sidecar.terminate() == 0
    assert sidecar.last_words()["reports"] == []
    assert outside.read_text() == BAIT
    gave_nothing_away(sidecar, ingest)


@EACH
def test_a_sidecar_lives_on_when_its_files_become(
    lay: Callable[[Path, Path], None],
    start: Start,
    ingest: FakeIngest,
    tmp_path: Path,
    outside: Path,
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collector(tmp_path), ESPALIER_SPOOL_BYTES="32000")
    works(sidecar, ingest, 1)
    for place in [*OPEN, *OWN]:
        replace(sidecar.directory / place, lay, outside)
    for step in range(100, 103):
        works(sidecar, ingest, step)
    # Enough for new segments, and a refused value for the file of those.
    ingest.stored.append((METRIC, 5, 0.9))
    rows = [{"step": step, "value": 0.5} for step in range(1000, 1100)]
    for _ in range(3):
        assert sidecar.post([*rows, {"step": 5, "value": 0.1}])[0] == 202
    ingest.wait_for_steps(range(1000, 1100))
    ingest.decision = PRUNE
    works(sidecar, ingest, 200)
    wait_until(lambda: sidecar.post({"step": 200, "value": 0.5})[1]["prune"] is True)
    assert sidecar.terminate() == 0
    gave_nothing_away(sidecar, ingest)


@pytest.mark.parametrize("lay", [fifo, link_out, link_to_itself, folder, socket_file, sparse_file])
@pytest.mark.parametrize("when", ["before the start", "while it runs"])
def test_the_folder_of_the_sidecar_may_become_anything(
    lay: Callable[[Path, Path], None],
    when: str,
    start: Start,
    ingest: FakeIngest,
    tmp_path: Path,
    outside: Path,
) -> None:
    own = tmp_path / "espalier" / ".sidecar"
    own.parent.mkdir()
    if when == "before the start":
        replace(own, lay, outside)
    sidecar = start(ESPALIER_SPOOL_BYTES="32000")
    works(sidecar, ingest, 1)
    if when == "while it runs":
        replace(own, lay, outside)
    ingest.close()
    for start_at in range(1000, 1300, 100):
        rows = [{"step": step, "value": 0.5} for step in range(start_at, start_at + 100)]
        assert sidecar.post(rows)[0] == 202
    ingest.open()
    ingest.wait_for_steps(range(1000, 1300))
    assert sidecar.terminate() == 0
    gave_nothing_away(sidecar, ingest)


def test_a_link_of_a_folder_leads_nowhere(start: Start, ingest: FakeIngest, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "values.jsonl").write_text(BAIT)
    (tmp_path / "espalier").mkdir()
    (tmp_path / "espalier" / "mine").symlink_to(elsewhere)
    sidecar = start(ESPALIER_COLLECTORS=collector(tmp_path))
    works(sidecar, ingest, 1)
    assert sidecar.terminate() == 0
    gave_nothing_away(sidecar, ingest)


@pytest.mark.parametrize("form", ["{espalier}/../outside", "{outside}", "{espalier}/./../outside"])
@pytest.mark.parametrize("type_", ["File", "Log"])
def test_a_path_out_of_the_volume_is_not_followed(
    form: str, type_: str, start: Start, ingest: FakeIngest, tmp_path: Path, outside: Path
) -> None:
    path = form.format(espalier=tmp_path / "espalier", outside=outside)
    # A pattern that would post any text as the name of a metric.
    pattern = r"(?P<metric>eyJ\w+)(?=.*(?P<step>))(?=.*(?P<value>))|step.: (?P<s>\d)"
    section = {"path": path} if type_ == "File" else {"path": path, "pattern": pattern}
    sidecar = start(ESPALIER_COLLECTORS=json.dumps([{"type": type_, type_.lower(): section}]))
    works(sidecar, ingest, 1)
    wait_until(lambda: "without .." in sidecar.log.read_text())
    assert sidecar.terminate() == 0
    gave_nothing_away(sidecar, ingest)


@pytest.mark.parametrize("lay", [fifo, link_out, folder], ids=["a pipe", "a link", "a folder"])
def test_a_file_is_followed_once_it_is_a_regular_one(
    lay: Callable[[Path, Path], None],
    start: Start,
    ingest: FakeIngest,
    tmp_path: Path,
    outside: Path,
) -> None:
    file = tmp_path / "espalier" / "reports.jsonl"
    file.parent.mkdir()
    lay(file, outside)
    sidecar = start()
    wait_until(lambda: "goes on without it" in sidecar.log.read_text())
    works(sidecar, ingest, 1)
    replace(file, lambda path, _: path.write_text('{"step": 2, "value": 0.5}\n'), outside)
    ingest.wait_for_steps([2])
    lines = sidecar.log.read_text().splitlines()
    assert len([line for line in lines if "goes on without it" in line]) == 1
    gave_nothing_away(sidecar, ingest)


@pytest.mark.parametrize("mode", [0o000, 0o555], ids=["closed", "read-only"])
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux")
def test_a_volume_that_the_trainer_has_closed_is_done_without(
    mode: int, start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    volume = tmp_path / "espalier"
    (volume / ".sidecar").mkdir(parents=True)
    sidecar = start(wrap=WITHOUT_RIGHTS, mode=mode)
    works(sidecar, ingest, 1)
    ingest.close()
    assert sidecar.post({"step": 2, "value": 0.5})[0] == 202
    assert sidecar.terminate() == 0
    assert sidecar.last_words()["reports"] == [[METRIC, 2, 0.5]]
    gave_nothing_away(sidecar, ingest)


def test_a_link_that_comes_and_goes_is_never_followed(tmp_path: Path, outside: Path) -> None:
    volume, elsewhere = tmp_path / "volume", tmp_path / "elsewhere"
    for place in (volume / "a", volume / "b", elsewhere):
        place.mkdir(parents=True)
    (elsewhere / "log").write_text(BAIT)
    (volume / "a" / "log").write_text("fine\n")
    (volume / "b" / "log").symlink_to(outside)
    (volume / "c").symlink_to(elsewhere)
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for other in ("b", "c"):
                os.rename(volume / "a", volume / "kept")
                os.rename(volume / other, volume / "a")
                os.rename(volume / "a", volume / other)
                os.rename(volume / "kept", volume / "a")

    swapping = threading.Thread(target=swap)
    swapping.start()
    found = set()
    try:
        for _ in range(5000):
            file = GrowingFile(Folder.at(str(volume)), "a/log")
            try:
                found.add(file.read())
            except OSError:
                found.add(None)
            finally:
                file.close()
    finally:
        done.set()
        swapping.join()
    assert found == {b"fine\n", None}


def test_a_volume_is_left_with_as_many_descriptors_as_before(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    os.mkfifo(tmp_path / "a" / "b" / "pipe")
    (tmp_path / "a" / "b" / "log").touch()
    folder = Folder.at(str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    for name in ["a/b/log", "a/b/pipe", "a/b/none", "a/none/b", "a/b/pipe/c", "a/../a", "", "a//b"]:
        try:
            os.close(folder.open(name))
        except OSError:
            assert name != "a/b/log"
    assert len(os.listdir("/proc/self/fd")) == before

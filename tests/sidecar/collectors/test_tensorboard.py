"""The scalars of event files, whoever writes them, and whatever happens to the files."""

import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.base import Collector
from espalier_sidecar.collectors.event_file import LARGEST_READ
from espalier_sidecar.collectors.positions import Positions
from espalier_sidecar.collectors.tensorboard import EventFiles
from espalier_sidecar.contract import CollectorContract, polled, steps
from espalier_sidecar.volume import Folder
from tests.sidecar.contexts import context_of
from tests.sidecar.event_files import (
    NAME,
    append,
    event,
    field,
    record,
    scalar,
    simple,
    tensor,
    value,
)


class TestTensorBoard(CollectorContract):
    type = "TensorBoard"

    def section(self, volume: Path) -> dict[str, Any]:
        return {"directory": f"{volume}/runs"}

    def write(self, volume: Path, steps: Iterable[int]) -> None:
        file = volume / "runs" / "Nov29_16-00-00_trainer" / NAME
        append(file, *(scalar("loss", step, step / 3) for step in steps))

    def spoil(self, volume: Path) -> None:
        (volume / "runs").symlink_to("/etc")


class Watched:
    """A directory, and a collector that may be killed and begin again."""

    def __init__(self, folder: Path, metric: str = "loss", **names: str) -> None:
        self.volume = folder
        self.directory = folder / "runs"
        self.directory.mkdir()
        self._metric = metric
        self._names = names
        self.collector = self.restart()

    def restart(self) -> Collector:
        context = context_of(self.volume, self._metric, names=self._names)
        self.collector = EventFiles(context, str(self.directory))
        return self.collector

    def found(self, last: bool = False) -> list[tuple[str, int, float | None]]:
        found = [tuple(report) for report in polled(self.collector, last)]
        self.collector.kept()
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def age(file: Path, seconds: float) -> None:
    os.utime(file, (time.time() - seconds,) * 2)


def test_the_files_of_a_run_that_begins_anew_are_read_in_order_and_first_values_stand(
    watched: Watched,
) -> None:
    first, second = watched.directory / "version_0" / NAME, watched.directory / "version_1" / NAME
    append(second, *(scalar("loss", step, 20.0 + step) for step in range(3, 8)))
    append(first, *(scalar("loss", step, 10.0 + step) for step in range(6)))
    age(first, 60)
    assert watched.found() == [
        *(("loss", step, 10.0 + step) for step in range(6)),
        *(("loss", step, 20.0 + step) for step in (6, 7)),
    ]
    assert "the first stands" in watched.collector.health().passed_over
    watched.restart()
    append(second, scalar("loss", 2, 1.0), scalar("loss", 8, 28.0))
    # What one file says of an earlier step is the operator's to judge.
    assert watched.found() == [("loss", 2, 1.0), ("loss", 8, 28.0)]


def test_a_restart_reads_no_value_again_however_many_files_there_are(watched: Watched) -> None:
    files = [watched.directory / f"run_{number}" / NAME for number in range(50)]
    for number, file in enumerate(files):
        append(file, scalar(f"loss_{number}", 1, 0.5))
        age(file, 100 - number)
    assert len(watched.found()) == 50
    watched.restart()
    assert watched.found() == []
    append(files[7], scalar("loss_7", 2, 0.25))
    assert watched.found(last=True) == [("loss_7", 2, 0.25)]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        pytest.param(record(field(3, b"brain.Event:2")), [], id="no summary"),
        pytest.param(record(event(1, simple("a", 1.0), simple("b", 2.0))), ["a", "b"], id="two"),
        pytest.param(record(event(1, tensor("t", 7, field(8, b"text")))), [], id="a text"),
        pytest.param(
            record(event(1, value("h", field(5, b"\x09" + bytes(8))))), [], id="histogram"
        ),
        pytest.param(record(event(1, simple("x" * 251, 1.0))), [], id="a name that is too long"),
        pytest.param(record(event(1, simple("a\nb", 1.0))), [], id="a name of two lines"),
        pytest.param(record(event(-1, simple("a", 1.0))), [], id="a step before 0"),
        pytest.param(record(event(1, value("", field(2, 1.0)))), [], id="no name"),
        pytest.param(record(bytes(LARGEST_READ)), [], id="zeros"),
        pytest.param(record(b""), [], id="nothing"),
        pytest.param(
            record(event(1, simple("a", 1.0)) + field(4, bytes(LARGEST_READ))), [], id="too large"
        ),
    ],
)
def test_what_holds_no_value_hides_none(watched: Watched, data: bytes, names: list[str]) -> None:
    append(watched.directory / NAME, data, scalar("loss", 1, 0.5))
    assert [metric for metric, *_ in watched.found()] == [*names, "loss"]


def test_a_value_without_a_step_counts_once_and_what_to_do_is_said(watched: Watched) -> None:
    append(watched.directory / NAME, *(scalar("loss", 0, number) for number in (0.5, 0.25, 0.125)))
    assert watched.found() == [("loss", 0, 0.5)]
    assert "without global_step all are step 0" in watched.collector.health().passed_over


def test_splits_and_what_the_study_asks_for_are_told_apart_by_their_folders(
    tmp_path: Path,
) -> None:
    watched = Watched(tmp_path, "fold_2/score", **{"fold_1/score": "other"})
    for folder, tag in [
        ("a/train", "epoch_loss"),
        ("a/validation", "epoch_loss"),
        ("fold_1", "score"),
        ("fold_2", "score"),
        ("fold_3", "score"),
        ("lightning_logs/version_0", "val_acc"),
        ("run/loss_best", "loss"),
        ("run/data/loss/mean", "data/loss"),
    ]:
        append(watched.directory / folder / NAME, scalar(tag, 1, 0.5))
    assert sorted(metric for metric, *_ in watched.found()) == [
        "data/loss/mean",
        "fold_2/score",
        "loss/best",
        "other",
        "score",
        "train/epoch_loss",
        "val_acc",
        "validation/epoch_loss",
    ]


def test_a_tail_is_waited_for_and_a_file_that_shrinks_is_read_anew(watched: Watched) -> None:
    file = watched.directory / NAME
    append(file, scalar("loss", 1, 0.5))
    whole = scalar("loss", 2, 0.25)
    for size in range(1, len(whole)):
        append(file, whole[size - 1 : size])
        assert watched.found() == ([("loss", 1, 0.5)] if size == 1 else [])
    append(file, whole[-1:])
    assert watched.found() == [("loss", 2, 0.25)]
    file.write_bytes(scalar("loss", 3, 0.125))
    assert watched.found() == [("loss", 3, 0.125)]


def test_zeros_at_the_end_are_waited_for_and_zeros_before_a_record_passed_over(
    watched: Watched,
) -> None:
    file = watched.directory / NAME
    append(file, scalar("loss", 1, 0.5))
    size = file.stat().st_size
    os.truncate(file, size + 5000)
    assert watched.found() == [("loss", 1, 0.5)]
    with file.open("r+b") as writer:
        writer.seek(size)
        writer.write(scalar("loss", 2, 0.25))
    os.truncate(file, size + 9000)
    assert watched.found() == [("loss", 2, 0.25)]
    append(file, scalar("loss", 3, 0.125))
    assert watched.found() == [("loss", 3, 0.125)]


@pytest.mark.parametrize("lay", ["link", "pipe", "unreadable", "folder"])
def test_a_file_that_cannot_be_read_is_said_and_the_others_go_on(
    lay: str, watched: Watched, tmp_path: Path
) -> None:
    bad, good = watched.directory / "a" / NAME, watched.directory / "b" / NAME
    bad.parent.mkdir()
    if lay == "link":
        bad.symlink_to(good)
    elif lay == "pipe":
        os.mkfifo(bad)
    elif lay == "folder":
        bad.mkdir()
    else:
        bad.write_bytes(b"x" * 20_000_000)
    append(good, scalar("loss", 1, 0.5))
    assert watched.found() == [("loss", 1, 0.5)]
    fault = watched.collector.health().fault
    assert ("runs/a" in fault) == (lay != "folder")
    append(good, scalar("loss", 2, 0.25))
    assert watched.found() == [("loss", 2, 0.25)]
    if lay in ("link", "pipe"):
        bad.unlink()
        append(bad, scalar("loss", 3, 0.125))
        assert watched.found() == [("loss", 3, 0.125)]
        assert watched.collector.health().fault == ""


def test_what_is_left_is_skipped_to_the_ends_of_the_newest_files(watched: Watched) -> None:
    for number in range(20):
        file = watched.directory / str(number) / NAME
        append(file, *(scalar(f"loss{number}", step, 0.5) for step in range(4000)))
        age(file, 100 - number)
    watched.collector.skip()
    found = watched.found(last=True)
    assert {metric for metric, *_ in found} == {f"loss{number}" for number in range(12, 20)}
    assert {step for metric, step, _ in found if metric == "loss19"} >= set(range(3000, 4000))
    assert watched.collector.health().bad == 0


def test_kept_states_may_hold_anything(watched: Watched) -> None:
    append(watched.directory / NAME, scalar("loss", 1, 0.5))
    inode = (watched.directory / NAME).stat().st_ino
    hostile: list[Mapping[str, Any]] = [
        {"files": {str(inode): 17}},
        {"files": {str(inode): 2**70}, "steps": {"loss": [1, 2, 3], "x": [True, 1]}},
        {"files": [], "steps": 5},
        {"files": {str(inode): -1, "x": "y"}},
    ]
    for state in hostile:
        positions = Positions(Folder.at(str(watched.volume)).own_folder())
        positions.put("runs", None, state)
        watched.restart()
        assert watched.found() == [("loss", 1, 0.5)]
    assert steps(polled(watched.restart())) == []


ACTS = st.sampled_from(["write", "begin a record", "poll", "hurry", "restart", "begin anew"])


@given(st.lists(ACTS, max_size=40))
@example(["write", "poll", "hurry", "begin anew", "write"])
@settings(deadline=None)
def test_every_value_comes_once_whatever_is_done_in_whatever_order(acts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        watched = Watched(Path(folder))
        files, step, begun, found = 0, 0, b"", []
        # A look that was under way passes over what comes behind it: the next one finds that.
        for act in [*acts, "write", "poll", "poll"]:
            if act in ("write", "begin a record"):
                whole = begun or scalar("loss", step, step / 4)
                size = len(whole) // 2 if act == "begin a record" else len(whole)
                append(watched.directory / f"version_{files}" / NAME, whole[:size])
                begun = whole[size:]
                step += not begun
            elif act == "begin anew":
                # As a run that is resumed does: the last steps come again, and what was begun.
                files, begun, step = files + 1, b"", max(0, step - 2)
            elif act == "restart":
                watched.collector.close()
                watched.restart()
            elif act == "hurry":
                found += watched.collector.poll(0.0, False).reports
                watched.collector.kept()
            else:
                found += polled(watched.collector)
                watched.collector.kept()
        steps_found = steps(found)
        assert steps_found == list(range(len(steps_found)))
        assert len(steps_found) >= step
        assert all(report.value == report.step / 4 for report in found)
        watched.collector.close()


def test_the_end_brings_what_was_written_since_the_last_look(watched: Watched) -> None:
    files = [watched.directory / str(number) / NAME for number in range(3)]
    for file in files:
        append(file, scalar(file.parent.name, 1, 0.5))
    found = [report for _ in range(5) for report in watched.collector.poll(0.0, False).reports]
    for file in files:
        append(file, scalar(file.parent.name, 2, 0.5))
    found += polled(watched.collector, last=True)
    assert sorted(report[:2] for report in found) == sorted(
        (file.parent.name, step) for file in files for step in (1, 2)
    )


def test_where_files_were_read_is_not_forgotten_before_they_are_found_again(
    watched: Watched,
) -> None:
    for number in range(5):
        append(watched.directory / str(number) / NAME, scalar(f"loss_{number}", 1, 0.5))
    assert len(watched.found()) == 5
    for _ in range(3):
        watched.restart().poll(0.0, False)
        watched.collector.kept()
    watched.restart()
    assert watched.found() == []

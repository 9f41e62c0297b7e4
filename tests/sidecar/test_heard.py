"""What a sidecar tells of what it hears, where no value comes: a real process, and its messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.base import Collected, Collector, Health
from espalier_sidecar.heard import MAX_BODY, Ear, Heard
from espalier_sidecar.ingest_client import Answer
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar

Start = Callable[..., RunningSidecar]
GOLDEN = json.loads((Path(__file__).parents[1] / "golden/heard/one-log.json").read_text())


class Fixed(Collector):
    """A collector that is as it is said to be."""

    def __init__(self, health: Health) -> None:
        self.now = health

    def poll(self, until: float, last: bool) -> Collected:
        return Collected([], False)

    def health(self) -> Health:
        return self.now

    def kept(self) -> None:
        """Keep nothing."""

    def skip(self) -> None:
        """Skip nothing."""

    def close(self) -> None:
        """Hold nothing."""


def heard_of(
    *healths: Health, came: bool = False, status: int = 200
) -> tuple[Heard, list[dict[str, Any]]]:
    """Return what tells of these, and what it has told."""
    told: list[dict[str, Any]] = []

    def post(body: bytes) -> Answer:
        assert len(body) <= MAX_BODY
        told.append(json.loads(body))
        return Answer(status, None, b"{}")

    ears = [Ear("Log", Fixed(health)) for health in healths]
    return Heard("research/digits-7", ears, lambda: came, post, 0.001), told


def test_what_is_said_is_what_was_agreed() -> None:
    rows = GOLDEN["request"]["body"]["heard"]
    health = Health(
        **{
            **{key: value for key, value in rows[0].items() if key != "type"},
            "names": tuple(rows[0]["names"]),
            "mismatches": tuple(tuple(each) for each in rows[0]["mismatches"]),
        }
    )
    heard, told = heard_of(health)
    heard._tell()
    assert told == [GOLDEN["request"]["body"]]


TEXTS = st.text(max_size=400)


@given(
    st.lists(
        st.builds(
            Health,
            TEXTS,
            TEXTS,
            st.integers(0, 2**60),
            st.integers(0, 2**60),
            st.integers(0, 2**60),
            TEXTS,
            st.lists(TEXTS, max_size=20).map(tuple),
            st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=12).map(tuple),
        ),
        max_size=18,
    ),
    st.integers(0, 4096),
)
def test_whatever_is_heard_one_small_message_tells_it(healths: list[Health], room: int) -> None:
    heard, told = heard_of(*healths)
    heard._tell()
    for row in told[0]["heard"]:
        assert all(
            text.isprintable() for text in (row["source"], row["passed_over"], *row["names"])
        )
    said = heard.last_words(room)
    assert len(said) <= room
    assert not said or isinstance(json.loads(said), list)


def test_of_as_many_as_there_can_be_with_the_longest_escapes_the_gist_is_told() -> None:
    wide = "\U0010ffff" * 400
    health = Health(wide, wide, *3 * (2**60,), wide, (wide,) * 20, ((wide,) * 3,) * 10)
    heard, told = heard_of(*[health] * 20)
    heard._tell()
    assert len(told[0]["heard"]) == 16
    assert told[0]["heard"][0]["seen"] == 2**60


QUIET = Health("train.log", "", 0, 0, 0)


@pytest.mark.parametrize(
    ("health", "came", "tells"),
    [
        (QUIET, False, True),
        (QUIET, True, False),
        (QUIET._replace(seen=9, matched=3), True, False),
        (QUIET._replace(fault="not there yet"), True, False),
        (QUIET._replace(fault="gave up", seen=9), True, True),
        (QUIET._replace(mismatches=(("lr", "0.1", "0.2"),)), True, True),
    ],
)
def test_once_values_come_only_what_is_wrong_is_told(
    health: Health, came: bool, tells: bool
) -> None:
    heard, _ = heard_of(health, came=came)
    assert bool(heard._news()) == tells
    assert bool(heard.last_words(4096)) == tells


def test_a_log_that_grows_is_told_of_each_time_that_it_doubles() -> None:
    heard, _ = heard_of(QUIET)
    collector = heard._ears[0].collector
    assert isinstance(collector, Fixed)
    news = []
    for seen in range(1025):
        collector.now = QUIET._replace(seen=seen, passed_over=f"line {seen}" if seen else "")
        news.append(heard._news())
    assert len(set(news)) == 12


def test_an_operator_that_does_not_know_the_message_is_not_asked_again() -> None:
    heard, told = heard_of(QUIET, status=404)
    heard.run()  # ends by itself
    assert len(told) == 1


def test_a_trainer_whose_lines_do_not_match_is_told_of(
    start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    log = tmp_path / "espalier" / "train.log"
    section = {"path": str(log), "pattern": r"val_accuracy=(?P<value>\S+)"}
    sidecar = start(
        ESPALIER_COLLECTORS=json.dumps([{"type": "Log", "log": section}]),
        ESPALIER_HEARD_SECONDS="0.3",
    )
    ingest.wait(lambda: bool(ingest.heard))
    first = ingest.heard[0]
    assert first["trial"] == "research/digits-7"
    assert [row["type"] for row in first["heard"]] == ["File", "Log"]
    assert "not there yet" in first["heard"][1]["fault"]
    log.write_text("val_accuracy: 0.91\n" * 15)

    def rows() -> list[dict[str, Any]]:
        return [row for each in ingest.heard for row in each["heard"] if row["seen"] == 15]

    ingest.wait(lambda: bool(rows()))
    assert rows()[0]["matched"] == 0
    assert "val_accuracy: 0.91" in rows()[0]["passed_over"]
    assert ingest.posts == []
    assert sidecar.terminate() == 0
    assert sidecar.last_words()["heard"][1]["seen"] == 15


def test_a_trainer_that_reports_is_not_told_of(start: Start, ingest: FakeIngest) -> None:
    sidecar = start(ESPALIER_HEARD_SECONDS="5")
    sidecar.post({"step": 1, "value": 0.5})
    ingest.wait_for_steps([1])
    (sidecar.directory / "reports.jsonl").write_text('{"step": 2, "value": 0.5}\n' + "no\n" * 3)
    ingest.wait_for_steps([2])
    assert sidecar.terminate() == 0
    assert ingest.heard == []
    assert "heard" not in sidecar.last_words()

"""What is remembered of a study that does not go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from espalier.engine.control.causes import Causes, newest
from espalier.engine.control.failures import Failures
from espalier.engine.control.hindrances import NameTaken, QuotaFull
from espalier.engine.control.idleness import Idleness
from espalier.errors import RetryLater
from espalier.kube import Refused
from espalier.planning.world.snapshot import Cause, FailureKind


def idle(seen: list[tuple[float, Any]]) -> float:
    """Return for how long something stands still after it was seen in these states."""
    idleness = Idleness()
    for at, token in seen:
        found = idleness.seen("s", {"t": token}, at)
    return found["t"]


def test_what_is_seen_for_the_first_time_has_just_moved() -> None:
    assert idle([(100.0, "a")]) == 0.0


def test_what_stays_as_it_is_stands_still() -> None:
    assert idle([(100.0, "a"), (130.0, "a"), (160.0, "a")]) == 60.0


def test_a_new_state_is_progress() -> None:
    assert idle([(100.0, "a"), (130.0, "b"), (160.0, "b")]) == 30.0


def test_to_go_to_and_fro_is_no_progress() -> None:
    turns = [(100.0 + n, "ab"[n % 2]) for n in range(60)]
    assert idle([*turns, (200.0, "a")]) == 99.0


def test_something_that_is_gone_is_forgotten() -> None:
    idleness = Idleness()
    idleness.seen("s", {"t": "a"}, 0.0)
    idleness.seen("s", {}, 10.0)
    assert idleness.seen("s", {"t": "a"}, 20.0) == {"t": 0.0}


def test_a_clock_that_was_set_back_makes_nothing_older_than_new() -> None:
    assert idle([(100.0, "a"), (50.0, "a")]) == 0.0


# -- failures ------------------------------------------------------------------------------------


def test_a_failure_lasts_from_the_first_to_the_newest_time_until_it_succeeds() -> None:
    failures = Failures()
    failures.failed("s", "create Job a", QuotaFull("full"), 100.0)
    failures.failed("s", "create Job a", QuotaFull("still full"), 130.0)
    (failure,) = failures.of("s", 140.0)
    assert (failure.seconds, failure.ago, failure.message) == (40.0, 10.0, "still full")
    assert failure.kind is FailureKind.QUOTA
    failures.succeeded("s", "create Job a")
    assert failures.of("s", 150.0) == ()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (NameTaken("Job n/a exists"), FailureKind.NAME, "Job n/a exists"),
        (QuotaFull("exceeded quota"), FailureKind.QUOTA, "exceeded quota"),
        (RetryLater("no answer"), FailureKind.OTHER, "no answer"),
        (Refused("no", code=422), FailureKind.OTHER, "no"),
        (KeyError("x"), FailureKind.OTHER, "KeyError: 'x'"),
    ],
)
def test_a_failure_keeps_what_was_answered(error: Exception, kind: FailureKind, words: str) -> None:
    failures = Failures()
    failures.failed("s", "a", error, 0.0)
    (failure,) = failures.of("s", 0.0)
    assert (failure.kind, failure.message) == (kind, words)


def test_what_is_not_asked_for_any_more_fails_no_more_but_creations_may_be_held_back() -> None:
    failures = Failures()
    for act in ("suspend Job a", "create Job a", "create Trial b"):
        failures.failed("s", act, RetryLater("x"), 0.0)
    failures.planned("s", {"create Trial b"}, 60.0)
    assert {each.act for each in failures.of("s", 60.0)} == {"create Job a", "create Trial b"}
    failures.planned("s", {"create Trial b"}, 3600.0)
    assert {each.act for each in failures.of("s", 3600.0)} == {"create Trial b"}


def test_studies_have_failures_of_their_own() -> None:
    failures = Failures()
    failures.failed("s", "a", RetryLater("x"), 0.0)
    assert failures.of("other", 1.0) == ()
    failures.forget("s")
    assert failures.of("s", 1.0) == ()


# -- causes --------------------------------------------------------------------------------------


def event(message: str, at: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "Warning",
        "reason": "FailedMount",
        "message": message,
        "lastTimestamp": at,
        "source": {"component": "kubelet"},
        **more,
    }


OLD, NEW = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"


@pytest.mark.parametrize(
    "events",
    [
        [event("old", OLD), event("new", NEW)],
        [event("new", NEW), event("old", OLD)],
        [event("old", OLD), event("new", None, eventTime="2026-01-01T00:01:00.000001Z")],
        [event("old", OLD), event("new", OLD, series={"lastObservedTime": NEW})],
        [event("old", OLD), event("new", None, metadata={"creationTimestamp": NEW})],
        [event("normal", "2027-01-01T00:00:00Z", type="Normal"), event("new", NEW)],
        [event("new", NEW), event("undated", None)],
    ],
    ids=range(7),
)
def test_the_newest_warning_is_the_cause(events: list[dict[str, Any]]) -> None:
    found = newest(events)
    assert found is not None
    assert found.words() == "kubelet: FailedMount: new"


def test_no_warning_is_no_cause() -> None:
    assert newest([]) is None
    assert newest([event("x", NEW, type="Normal")]) is None


class Answering:
    """Stands for the API server: answers a list with Events, or with an error."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def list(self, _kind: Any, namespace: str, *, fields: str, **_: Any) -> Any:
        self.asked.append(f"{namespace} {fields}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, "1"


def asked(answer: Any) -> tuple[Causes, Answering]:
    causes, server = Causes(wall=lambda: 1767225720.0), Answering(answer)  # two minutes after OLD
    asyncio.run(causes.ask(server, "n", "p0", 5000.0))  # type: ignore[arg-type]
    return causes, server


def test_a_cause_is_as_old_by_the_operators_clock_as_by_the_clusters() -> None:
    causes, server = asked([event("new", NEW)])
    assert server.asked == ["n involvedObject.uid=p0,type=Warning"]
    assert causes.known() == {"p0": Cause("FailedMount", "new", "kubelet", 4940.0)}
    assert causes.asked(5010.0) == {"p0": 10.0}


@pytest.mark.parametrize("answer", [RetryLater("busy"), Refused("forbidden", code=403), []])
def test_without_an_answer_there_is_no_cause_and_it_is_not_asked_again_at_once(answer: Any) -> None:
    causes, _ = asked(answer)
    assert causes.known() == {}
    assert causes.asked(5000.0) == {"p0": 0.0}


def test_causes_of_objects_that_are_gone_are_forgotten() -> None:
    causes, _ = asked([event("new", NEW)])
    causes.tidy(lambda uid: uid != "p0")
    assert causes.known() == {}
    assert causes.asked(5000.0) == {}

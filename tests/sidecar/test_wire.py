"""The golden messages: what the sidecar sends, and what it makes of the answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.last_words import last_words
from espalier_sidecar.report import Report
from espalier_sidecar.wire import (
    MAX_BODY,
    MAX_REPORTS,
    MAX_RETRY_AFTER,
    Treatment,
    encode_batch,
    fitting,
    read_answer,
)

GOLDEN = Path(__file__).parents[1] / "golden"
EXCHANGES = {
    path.stem: json.loads(path.read_text())
    for path in sorted(GOLDEN.glob("*.json"))
    if path.stem != "termination-message"
}
TOLD = {
    name: exchange
    for name, exchange in EXCHANGES.items()
    if "note" not in exchange["sidecar"]  # never sent by the sidecar
}


@pytest.mark.parametrize("name", TOLD)
def test_an_answer_is_treated_as_agreed(name: str) -> None:
    exchange = TOLD[name]
    response, agreed = exchange["response"], exchange["sidecar"]
    request = exchange["request"]
    body = json.loads(request["raw"]) if "raw" in request else request["body"]
    outcome = read_answer(
        response["status"],
        response["headers"].get("Retry-After"),
        json.dumps(response["body"]).encode(),
        len(body["reports"]),
    )
    assert outcome.treatment.value == agreed["treatment"]
    if outcome.treatment is Treatment.SET_ASIDE:
        assert outcome.refused == agreed["index"]
        assert response["body"]["error"]["message"] in outcome.message
    assert outcome.after == agreed.get("after")
    pruned = outcome.decision is not None and outcome.decision.action == "Prune"
    assert pruned == agreed.get("prune", False)


@pytest.mark.parametrize("name", ["one-value", "batch", "diverged", "final", "prune", "repeated"])
def test_what_is_sent_is_what_was_agreed(name: str) -> None:
    body = EXCHANGES[name]["request"]["body"]
    reports = [Report(row["metric"], row["step"], row.get("value")) for row in body["reports"]]
    assert json.loads(encode_batch(body["trial"], reports, body["final"])) == body


def test_the_termination_message_is_what_was_agreed() -> None:
    golden: dict[str, Any] = json.loads((GOLDEN / "termination-message.json").read_text())
    message = golden["message"]
    reports = [Report(message["names"][name], *value) for name, *value in message["reports"]]
    agreed = json.dumps(message, separators=(",", ":")).encode()
    assert last_words(reports, len(reports) + 1, 1) == agreed


@given(st.integers(100, 999), st.none() | st.text(max_size=8), st.binary(), st.integers(1, 256))
def test_any_answer_has_a_treatment(
    status: int, retry_after: str | None, body: bytes, sent: int
) -> None:
    outcome = read_answer(status, retry_after, body, sent)
    assert (outcome.treatment is Treatment.ACKNOWLEDGE) == (200 <= status < 300)
    assert 0 <= outcome.refused < sent
    assert outcome.after is None or 0 <= outcome.after <= MAX_RETRY_AFTER
    if outcome.treatment in (Treatment.SET_ASIDE, Treatment.HALVE):
        assert status in (400, 409, 413, 422)


NAMES = ["val_accuracy", "a", "m" * 250, "\U0001f600" * 250, "\\" * 250, "Verlust/ä"]
REPORTS = st.lists(
    st.builds(
        Report,
        st.sampled_from(NAMES),
        st.integers(0, 2**53),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=500,
)


@given(
    REPORTS,
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.sampled_from([100, 1024, 3072, 4096]),
)
def test_last_words_fit_keep_the_newest_and_count_the_rest(
    reports: list[Report], older: int, dropped: int, most: int
) -> None:
    message = last_words(reports, len(reports) + older, dropped, most, "val_accuracy")
    assert len(message) <= most
    found = json.loads(message)
    kept = [Report(found["names"][name], *value) for name, *value in found["reports"]]
    assert found["count"] == len(kept)
    assert found["lost"] + len(kept) == len(reports) + older + dropped
    rest = iter(reports)
    assert all(report in rest for report in kept)  # in their order
    for name in NAMES:
        there = [report for report in reports if report.metric == name]
        told = [report for report in kept if report.metric == name]
        assert told == there[len(there) - len(told) :]  # the newest
        if name == "val_accuracy" and len(told) < len(there):
            longest = len(json.dumps(there[len(there) - len(told) - 1]))
            own = [["val_accuracy"], *([0, *report[1:]] for report in told)]
            assert most - len(json.dumps(own, separators=(",", ":"))) < longest + 80


@given(st.integers(0, 20), st.integers(0, 4096))
def test_what_was_heard_follows_where_there_is_room(values: int, size: int) -> None:
    def heard(room: int) -> bytes:
        text = json.dumps(["x" * size]).encode()
        return text if len(text) <= room else b""

    reports = [Report("loss", step, 0.5) for step in range(values)]
    message = last_words(reports, values, 0, 4096, "loss", heard)
    assert len(message) <= 4096
    found = json.loads(message)
    assert found["count"] == values
    without = len(last_words(reports, values, 0, 4096, "loss"))
    assert ("heard" in found) == (without + len(',"heard":["') + size + len('"]') <= 4096)


@given(REPORTS)
def test_a_batch_that_fits_is_no_larger_than_a_post_may_be(reports: list[Report]) -> None:
    trial = "n" * 63 + "/" + "t" * 253
    left = reports
    while left:
        count = fitting(trial, left[:MAX_REPORTS])
        assert count >= 1
        assert len(encode_batch(trial, left[:count], False)) <= MAX_BODY
        left = left[count:]


def test_a_full_batch_of_short_names_is_one_post() -> None:
    reports = [Report("val_accuracy", 2**53, -1.2345678901234567e-300)] * MAX_REPORTS
    assert fitting("research/digits-7", reports) == MAX_REPORTS


def test_a_full_batch_of_the_longest_names_is_no_more_than_five_posts() -> None:
    reports = [Report("\U0001f600" * 250, step, 0.5) for step in range(MAX_REPORTS)]
    posts = 0
    while reports:
        posts += 1
        reports = reports[fitting("research/digits-7", reports) :]
    assert posts == 5

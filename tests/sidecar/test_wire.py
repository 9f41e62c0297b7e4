"""The golden messages: what the sidecar sends, and what it makes of the answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.last_words import last_words
from espalier_sidecar.report import Report
from espalier_sidecar.wire import MAX_RETRY_AFTER, Treatment, encode_batch, read_answer

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
    reports = [Report(*row) for row in message["reports"]]
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


@given(
    st.lists(
        st.builds(
            Report,
            st.sampled_from(["a", "val_accuracy", "m" * 63]),
            st.integers(0, 2**53),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=500,
    ),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.sampled_from([100, 1024, 3072, 4096]),
)
def test_last_words_fit_keep_the_newest_and_count_the_rest(
    reports: list[Report], older: int, dropped: int, most: int
) -> None:
    message = last_words(reports, len(reports) + older, dropped, most)
    assert len(message) <= most
    found = json.loads(message)
    kept = found["reports"]
    assert [list(report) for report in reports[len(reports) - len(kept) :]] == kept
    assert found["count"] == len(kept)
    assert found["lost"] + len(kept) == len(reports) + older + dropped
    if len(kept) < len(reports):
        more = json.dumps(reports[len(reports) - len(kept) - 1], separators=(",", ":"))
        assert len(message) + len(more) + 1 > most - 10

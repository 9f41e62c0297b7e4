"""Whatever bytes are sent, parsing returns a batch within the bounds or says what is wrong."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.reports.submission import LARGEST_STEP, MOST_REPORTS, is_metric_name
from espalier.errors import ReportError
from espalier.ingest.parse import LARGEST_BODY, parse_report

CODES = {
    "BadBody": 400,
    "TooLarge": 413,
    "NoReports": 422,
    "BadReport": 422,
    "BadMetric": 422,
    "BadStep": 422,
    "BadValue": 422,
}
GOOD = {"metric": "loss", "step": 1, "value": 0.5}

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(is_metric_name)
steps = st.integers(0, LARGEST_STEP)
values = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)
good_reports = st.fixed_dictionaries({"metric": names, "step": steps, "value": values}) | (
    st.fixed_dictionaries({"metric": names, "step": steps, "diverged": st.just(True)})
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
fields = st.sampled_from(["metric", "step", "value", "diverged", "more"])
odd_reports = st.dictionaries(fields, anything, max_size=5)
odd_batches = st.fixed_dictionaries(
    {},
    optional={
        "trial": st.just("ns/name") | anything,
        "reports": st.lists(odd_reports | good_reports | anything, max_size=4) | anything,
        "final": st.booleans() | anything,
        "more": anything,
    },
)


def of(*reports: Any, **more: Any) -> bytes:
    return json.dumps({"trial": "research/digits-7", "reports": list(reports), **more}).encode()


def error_of(body: bytes) -> ReportError:
    with pytest.raises(ReportError) as caught:
        parse_report(body)
    return caught.value


def check_bounds(body: bytes) -> None:
    error = None
    try:
        batch = parse_report(body)
    except ReportError as caught:
        error = caught
    if error is not None:
        assert error.status == CODES[error.code]
        assert 10 < len(error.message) < 1000
        assert error.message.isprintable()
        assert error.index is None or 0 <= error.index < MOST_REPORTS
        return
    assert 1 <= len(batch.reports) <= MOST_REPORTS
    for report in batch.reports:
        assert is_metric_name(report.metric)
        assert type(report.step) is int
        assert 0 <= report.step <= LARGEST_STEP
        assert type(report.value) is float
        assert not math.isinf(report.value)


@given(st.binary(max_size=400))
def test_any_bytes_stay_within_the_bounds(body: bytes) -> None:
    check_bounds(body)


@given(odd_batches | anything)
def test_any_json_stays_within_the_bounds(message: Any) -> None:
    check_bounds(json.dumps(message).encode())


@given(st.lists(good_reports, min_size=1, max_size=20), st.booleans())
def test_good_batches_come_through_as_they_are(reports: list[dict[str, Any]], final: bool) -> None:
    batch = parse_report(of(*reports, final=final))
    assert batch.trial == "research/digits-7"
    assert batch.final is final
    for sent, came in zip(reports, batch.reports, strict=True):
        assert (came.metric, came.step) == (sent["metric"], sent["step"])
        expected = float(sent.get("value", math.nan))
        assert came.value == expected or (math.isnan(came.value) and "diverged" in sent)


@given(st.lists(good_reports, min_size=1, max_size=5), odd_reports, st.data())
def test_one_bad_report_refuses_the_batch_and_is_pointed_at(
    good: list[dict[str, Any]], odd: dict[str, Any], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(good)))
    try:
        parse_report(of(odd))
    except ReportError as error:
        if error.status == 422:
            assert error_of(of(*good[:at], odd, *good[at:])).index == at


HOSTILE = {
    "NaN": (b'{"trial":"n/t","reports":[{"metric":"m","step":1,"value":NaN}]}', "BadBody"),
    "Infinity": (
        b'{"trial":"n/t","reports":[{"metric":"m","step":1,"value":-Infinity}]}',
        "BadBody",
    ),
    "1e400": (b'{"trial":"n/t","reports":[{"metric":"m","step":1,"value":1e400}]}', "BadValue"),
    "an integer above the largest float": (of(GOOD | {"value": 10**400}), "BadValue"),
    "an integer of 5,000 digits": (
        b'{"trial":"n/t","reports":[{"metric":"m","step":1,"value":' + b"9" * 5000 + b"}]}",
        "BadBody",
    ),
    "a huge step": (of(GOOD | {"step": 2**63}), "BadStep"),
    "a negative step": (of(GOOD | {"step": -1}), "BadStep"),
    "true as a step": (of(GOOD | {"step": True}), "BadStep"),
    "a step that is a float": (of(GOOD | {"step": 1.0}), "BadStep"),
    "false as a value": (of(GOOD | {"value": False}), "BadValue"),
    "null as a value": (of(GOOD | {"value": None}), "BadValue"),
    "text as a value": (of(GOOD | {"value": "0.5"}), "BadValue"),
    "diverged: false": (of({"metric": "m", "step": 1, "diverged": False}), "BadValue"),
    "diverged: 1": (of({"metric": "m", "step": 1, "diverged": 1}), "BadValue"),
    "a key twice": (
        b'{"trial":"n/t","reports":[{"metric":"m","step":1,"step":2,"value":1}]}',
        "BadBody",
    ),
    "a key twice, once escaped": (
        b'{"trial":"n/t","reports":[{"metric":"m","step":1,"\\u0073tep":2,"value":1}]}',
        "BadBody",
    ),
    "lists in lists in lists": (b"[" * 60_000, "BadBody"),
    "objects in objects": (b'{"trial":' * 7_000, "BadBody"),
    "Latin-1": (of(GOOD).replace(b"loss", b"l\xf6ss"), "BadBody"),
    "UTF-16": (of(GOOD).decode().encode("utf-16"), "BadBody"),
    "a byte order mark": (b"\xef\xbb\xbf" + of(GOOD), "BadBody"),
    "a lone surrogate": (of(GOOD | {"metric": "\ud800"}), "BadMetric"),
    "a metric with a line break": (of(GOOD | {"metric": "loss\n"}), "BadMetric"),
    "a metric of 251 characters": (of(GOOD | {"metric": "m" * 251}), "BadMetric"),
    "257 reports": (of(*[GOOD] * 257), "TooLarge"),
    "a million steps": (b"x" * 30_000_000, "TooLarge"),
    "no reports": (of(), "NoReports"),
    "an unknown key": (of(GOOD | {"vale": 1}), "BadReport"),
    "an unknown key of the batch": (of(GOOD, attempt=3), "BadBody"),
    "a report that is a number": (of(3), "BadReport"),
    "a trial that is a number": (b'{"trial":3,"reports":[]}', "BadBody"),
    "something after the end": (of(GOOD) + b"{}", "BadBody"),
    "nothing": (b"", "BadBody"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_refused(name: str) -> None:
    body, code = HOSTILE[name]
    error = error_of(body)
    assert error.code == code
    assert error.status == CODES[code]
    check_bounds(body)


def test_the_largest_body_that_is_allowed_is_read() -> None:
    body = of(*[GOOD | {"step": step} for step in range(256)])
    body += b" " * (LARGEST_BODY - len(body))
    assert len(parse_report(body).reports) == 256
    assert error_of(body + b" ").code == "TooLarge"


@pytest.mark.parametrize("step", [0, LARGEST_STEP])
@pytest.mark.parametrize("value", [0, -0.0, 5e-324, 1.7976931348623157e308, -(2**1023)])
def test_the_edges_are_inside(step: int, value: float) -> None:
    (report,) = parse_report(of(GOOD | {"step": step, "value": value})).reports
    assert (report.step, report.value) == (step, float(value))

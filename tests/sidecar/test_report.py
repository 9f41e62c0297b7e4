"""What a trainer may write, and what it may not: for any JSON at all."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from espalier_sidecar.errors import BadReport
from espalier_sidecar.metric_name import is_metric_name
from espalier_sidecar.report import MAX_STEP, Report, parse_reports
from espalier_sidecar.segment import decode_line, encode_line
from espalier_sidecar.wire import MAX_REPORTS, encode_batch

METRICS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(is_metric_name)
STEPS = st.integers(0, MAX_STEP)
VALUES = st.floats(allow_nan=False, allow_infinity=False)
REPORTS = st.builds(Report, METRICS, STEPS, st.none() | VALUES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["step", "value", "metric", "diverged", "loss"]), inner, max_size=4
        )
    ),
)


@given(st.lists(st.tuples(METRICS, STEPS, st.floats()), min_size=1))
def test_what_is_reported_is_what_is_understood(rows: list[tuple[str, int, float]]) -> None:
    body = json.dumps([dict(zip(("metric", "step", "value"), row, strict=True)) for row in rows])
    found = parse_reports(body.encode(), "other")
    assert [report[:2] for report in found] == [row[:2] for row in rows]
    for report, (_, _, value) in zip(found, rows, strict=True):
        assert report.value == (value if math.isfinite(value) else None)


@given(JSON.map(lambda found: json.dumps(found).encode()) | st.binary())
@example(b'{"step": 1e400, "value": 1}')
@example(b'{"step": NaN, "value": 1}')
@example(b'{"step": 1, "value": 1' + b"0" * 5000 + b"}")
@example(b"[" * 20_000)
@example(b"\xff\xfe{\x00}\x00")
def test_any_body_is_understood_or_refused(body: bytes) -> None:
    try:
        found = parse_reports(body, "val_accuracy")
    except BadReport as error:
        found, complaint = [], str(error)
    else:
        complaint = "expected"
    assert "expected" in complaint
    assert len(complaint) < 400
    for metric, step, value in found:
        assert is_metric_name(metric)
        assert type(step) is int
        assert 0 <= step <= MAX_STEP
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    ("body", "report"),
    [
        pytest.param('{"step": 3, "value": 0.5}', ("acc", 3, 0.5), id="the study's metric"),
        pytest.param('{"step": 3.0, "value": 1}', ("acc", 3, 1.0), id="a whole float as step"),
        pytest.param('{"step": 3, "value": NaN}', ("acc", 3, None), id="NaN as Python writes it"),
        pytest.param('{"step": 3, "value": -Infinity}', ("acc", 3, None), id="minus infinity"),
        pytest.param('{"step": 3, "diverged": true}', ("acc", 3, None), id="diverged, in words"),
        pytest.param(
            '{"step": 3, "value": 1' + "0" * 400 + "}", ("acc", 3, None), id="beyond any float"
        ),
        pytest.param(
            '{"step": 9007199254740992, "value": 0}', ("acc", 2**53, 0.0), id="the largest step"
        ),
    ],
)
def test_reports_that_are_understood(body: str, report: tuple[object, ...]) -> None:
    assert parse_reports(body.encode(), "acc") == [report]


@given(REPORTS)
def test_a_line_of_the_spool_reads_as_it_was_written(report: Report) -> None:
    line = encode_line(report)
    assert line.count(b"\n") == 1
    assert decode_line(line) == report


@given(st.binary())
def test_a_line_that_is_none_of_ours_is_nothing(line: bytes) -> None:
    found = decode_line(line)
    assert found is None or isinstance(found, Report)


@given(STEPS, st.none() | VALUES)
@example(MAX_STEP, -2.2250738585072014e-308)
def test_a_whole_batch_fits_the_limit_of_ingest(step: int, value: float | None) -> None:
    reports = [Report("m" * 63, step, value)] * MAX_REPORTS
    assert len(encode_batch("n" * 63 + "/" + "t" * 253, reports, True)) <= 64 * 1024

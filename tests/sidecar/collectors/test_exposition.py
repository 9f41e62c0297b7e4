"""What is exposed, in whatever pieces it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as open_metrics

from espalier_sidecar.collectors.exposition import LONGEST_LINE, Exposition


def read(body: bytes, *wanted: str, pieces: int = 16384) -> Exposition:
    found = Exposition(wanted)
    for start in range(0, len(body), pieces):
        found.feed(body[start : start + pieces])
    found.end()
    return found


@given(st.text(max_size=20), st.floats(), st.integers(1, 50))
def test_a_real_exposition_is_read_whatever_its_labels_hold(
    label: str, value: float, pieces: int
) -> None:
    registry = CollectorRegistry()
    Gauge("plain", "help\nof two lines {", registry=registry).set(value)
    Gauge("loss", "", ["split"], registry=registry).labels(split=label).set(value)
    Histogram("seconds", "", registry=registry).observe(1.0)
    escaped = label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    series = f'loss{{split="{escaped}"}}'
    for body in (generate_latest(registry), open_metrics(registry)):
        found = read(body, "plain", series, pieces=pieces)
        assert set(found.samples) == {"plain", series}
        for text in found.samples.values():
            assert float(text) == value or value != value
        assert found.names[:2] == ["plain", series[:250]]
        assert not any("bucket" in name for name in found.names)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        pytest.param(b"loss 0.5", "0.5", id="a value"),
        pytest.param(b"loss\t 0.5  1700000000000", "0.5", id="a time stamp"),
        pytest.param(b'loss 0.5 # {trace="a"} 1.0', "0.5", id="an exemplar"),
        pytest.param(b"loss NaN", "NaN", id="NaN"),
        pytest.param(b"loss +Inf", "+Inf", id="an infinity"),
        pytest.param(b"loss 0.5\r", "0.5", id="a line of Windows'"),
        pytest.param(b"loss 1_000", None, id="an underscore"),
        pytest.param(b"loss", None, id="no value"),
        pytest.param(b"# loss 0.5", None, id="a comment"),
        pytest.param(b'loss{a="b"} 0.5', None, id="labels that were not asked for"),
        pytest.param(b"loss" + b" " * LONGEST_LINE + b"1", None, id="a long line"),
        pytest.param(b" loss 0.5", None, id="no name"),
    ],
)
def test_a_line_holds_a_value_or_none(line: bytes, value: str | None) -> None:
    found = read(b"x 1\n" + line + b"\ny 2", "x", "y", "loss").samples
    assert found.pop("x") == "1"
    assert found.pop("y") == "2"
    assert found == ({} if value is None else {"loss": value})


@given(st.binary(max_size=300), st.integers(1, 300))
def test_anything_else_is_passed_over(body: bytes, pieces: int) -> None:
    found = read(body + b"\nloss 1\n", "loss", pieces=pieces)
    assert found.samples["loss"] == "1"


@pytest.mark.parametrize(
    "line", [b"a{" + b'b="' * 300_000, b'a{b="' + b"\\" * 900_000, b"a{" * 400_000]
)
def test_a_line_without_an_end_costs_nothing(line: bytes) -> None:
    assert read(line + b"\nloss 1\n", "loss").samples == {"loss": "1"}

"""The environment: what it may say, and what is said about the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.backoff import Backoff
from espalier_sidecar.collectors.base import Source
from espalier_sidecar.collectors.file import JsonLinesFile
from espalier_sidecar.collectors.log import LogFile
from espalier_sidecar.collectors.printed import read_printed
from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.settings import Settings, read_settings

GOOD = {
    "ESPALIER_INGEST_URL": "https://espalier.espalier.svc:8443",
    "ESPALIER_CA_PEM": "-----BEGIN CERTIFICATE-----",
    "ESPALIER_TRIAL": "research/digits-7",
    "ESPALIER_METRIC": "val_accuracy",
}
REPORTS = JsonLinesFile("/espalier/reports.jsonl")
PATTERN = r"(?P<step>\d+) (?P<value>\S+)"


def sources(settings: Settings) -> list[Source]:
    return [each.source for each in settings.collectors]


def test_four_variables_are_enough() -> None:
    settings = read_settings(GOOD)
    assert sources(settings) == [REPORTS]
    assert settings.port == 9321
    assert settings.last_words_bytes == 4096


def test_a_file_collector_adds_its_file() -> None:
    collectors = '[{"type": "File", "file": {"path": "/espalier/metrics.jsonl"}}]'
    settings = read_settings({**GOOD, "ESPALIER_COLLECTORS": collectors})
    assert sources(settings) == [REPORTS, JsonLinesFile("/espalier/metrics.jsonl")]


def test_the_report_file_is_followed_once_though_the_study_names_it_too() -> None:
    collectors = '[{"type": "File", "file": {"path": "/espalier/reports.jsonl"}}]'
    settings = read_settings({**GOOD, "ESPALIER_COLLECTORS": collectors})
    assert sources(settings) == [REPORTS]


def test_a_log_collector_adds_its_log() -> None:
    collector = {"type": "Log", "log": {"path": "/espalier/log", "pattern": PATTERN}}
    settings = read_settings({**GOOD, "ESPALIER_COLLECTORS": json.dumps([collector])})
    assert sources(settings) == [
        REPORTS,
        LogFile("/espalier/log", None, read_printed({"pattern": PATTERN})),
    ]


@pytest.mark.parametrize("name", GOOD)
def test_each_of_them_is_needed(name: str) -> None:
    with pytest.raises(BadEnvironment, match=name):
        read_settings({**GOOD, name: ""})


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        pytest.param("ESPALIER_INGEST_URL", "http://x", "expected https://", id="no TLS"),
        pytest.param(
            "ESPALIER_PORT", "tcp://10.0.0.1:80", "a positive number", id="a service link"
        ),
        pytest.param("ESPALIER_COLLECTORS", "{", "as JSON", id="no JSON"),
        pytest.param("ESPALIER_PARAMETERS", "[]", "an object as JSON", id="no parameters"),
        pytest.param("ESPALIER_COLLECTORS", '[{"type": "File"}]', "as JSON", id="a file, no path"),
        pytest.param("ESPALIER_COLLECTORS", "{}", "as JSON", id="one collector, no list"),
        pytest.param("ESPALIER_COLLECTORS", '[{"type": 1}]', "as JSON", id="a type, no text"),
        pytest.param(
            "ESPALIER_COLLECTORS",
            '[{"type": "Tarot", "tarot": {}}]',
            "expected one of Auto, Local, File, .*; came 'Tarot'",
            id="a type that only a newer operator knows",
        ),
        pytest.param(
            "ESPALIER_COLLECTORS",
            '[{"type": "Log", "log": {"path": 1, "pattern": "(?P<step>.)(?P<value>.)"}}]',
            "as JSON",
            id="a path that is no text",
        ),
        pytest.param(
            "ESPALIER_COLLECTORS",
            '[{"type": "Log", "log": {"path": "x", "pattern": "("}}]',
            "expected a regular expression",
            id="a broken pattern",
        ),
        pytest.param(
            "ESPALIER_COLLECTORS",
            '[{"type": "Log", "log": {"path": "x", "pattern": "(?P<step>.)"}}]',
            r"expected a group \(\?P<value>",
            id="a pattern without a value",
        ),
    ],
)
def test_a_complaint_names_the_setting(name: str, text: str, complaint: str) -> None:
    with pytest.raises(BadEnvironment, match=complaint):
        read_settings({**GOOD, name: text})


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=100))
def test_backoff_grows_to_its_limit_and_is_spread(draws: list[float]) -> None:
    backoff = Backoff(first=0.1, limit=15.0)
    delays = [backoff.next(draw) for draw in draws]
    for tries, delay in enumerate(delays):
        full = min(15.0, 0.1 * 2**tries)
        assert full / 2 <= delay <= full
    backoff.reset()
    assert backoff.next(0.0) == 0.05

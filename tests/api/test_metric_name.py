"""One list of what a metric may be called, and everybody who has a say in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from espalier.api.metric_name import LONGEST, MetricName
from espalier.engine.reports.submission import LONGEST_METRIC, is_metric_name
from espalier_sidecar.metric_name import LONGEST as LONGEST_HERE
from espalier_sidecar.metric_name import is_metric_name as the_sidecar_takes

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/metric-names/names.json").read_text())
STUDY = TypeAdapter(MetricName)


def the_study_takes(name: str) -> bool:
    try:
        STUDY.validate_python(name)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", GOLDEN["accepted"], ids=ascii)
def test_a_name_that_training_code_uses_is_taken_by_all(name: str) -> None:
    assert the_study_takes(name)
    assert is_metric_name(name)
    assert the_sidecar_takes(name)


@pytest.mark.parametrize("name", GOLDEN["refused"], ids=ascii)
def test_a_name_that_would_trouble_a_reader_is_refused_by_all(name: str) -> None:
    assert not the_study_takes(name)
    assert not is_metric_name(name)
    assert not the_sidecar_takes(name)


@given(st.text(max_size=12) | st.text(st.characters(categories=["Zs", "Cf", "Lu", "So"])))
def test_whatever_a_name_is_sidecar_and_ingest_agree_on_it(name: str) -> None:
    assert is_metric_name(name) == the_sidecar_takes(name)
    # A newer Unicode knows more characters: a Study may name what no trainer's value can have.
    assert the_study_takes(name) or not is_metric_name(name)


def test_the_longest_is_one_number() -> None:
    assert LONGEST == LONGEST_METRIC == LONGEST_HERE == 250


@pytest.mark.parametrize("name", [None, 3, True, b"loss", ["loss"], {}])
def test_what_is_no_text_is_no_name(name: object) -> None:
    assert not is_metric_name(name)
    assert not the_sidecar_takes(name)

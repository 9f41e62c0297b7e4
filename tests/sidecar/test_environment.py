"""The golden environments: what the operator writes into a pod, and the sidecar reads there."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.study import StudySpec
from espalier_sidecar.collectors.table import LOCAL, MODULES
from espalier_sidecar.settings import read_settings
from tests.planning.workload.test_job import built, expanded, pod_of
from tests.planning.worlds import SETTINGS

GOLDEN = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[1] / "golden" / "environment").glob("*.json"))
}
EACH = pytest.mark.parametrize("name", GOLDEN)


def environment(sidecar: dict[str, str], collector: dict[str, Any]) -> dict[str, str]:
    """Return what a sidecar finds, once the kubelet has expanded what the operator wrote."""
    settings = replace(
        SETTINGS,
        sidecar=replace(SETTINGS.sidecar, ingest_url=sidecar["ingestUrl"], ca_pem=sidecar["caPem"]),
    )
    job = built(settings, collector=collector)
    (container,) = (
        each for each in pod_of(job)["initContainers"] if each["name"] == "espalier-sidecar"
    )
    return {each["name"]: expanded(each["value"], {}) for each in container["env"]}


@EACH
def test_the_operator_writes_what_was_agreed(name: str) -> None:
    golden = GOLDEN[name]
    assert environment(golden["operator"], golden["collector"]) == golden["environment"]


@EACH
def test_the_sidecar_reads_what_was_agreed(name: str) -> None:
    golden = GOLDEN[name]
    settings = read_settings(golden["environment"])
    sources = [source._asdict() for source in settings.sources]
    assert {**settings._asdict(), "sources": sources} == {
        **golden["sidecar"],
        "sources": [
            {key: re.compile(text) if key == "pattern" else text for key, text in each.items()}
            for each in golden["sidecar"]["sources"]
        ],
    }


def test_every_collector_that_a_study_may_choose_is_the_sidecars_and_has_been_agreed() -> None:
    section = StudySpec.model_fields["collector"].annotation
    assert section is not None
    chosen = set(section.model_json_schema()["properties"]["type"]["enum"])
    assert chosen == {LOCAL, *MODULES}
    assert chosen == {golden["collector"].get("type", LOCAL) for golden in GOLDEN.values()}


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60),
    st.sampled_from(["", "$", "$$", "$(PARAM_lr)", "$(ESPALIER_TRIAL)", '\\"', "\n"]),
)
def test_a_pattern_arrives_as_it_was_written(text: str, more: str) -> None:
    pattern = f"(?P<step>.)(?P<value>.){re.escape(text)}[{re.escape(more)}x]"
    collector = {"type": "Log", "log": {"path": "/espalier/log", "pattern": pattern}}
    golden = GOLDEN["log"]
    _, log = read_settings(environment(golden["operator"], collector)).sources
    assert log.pattern.pattern == pattern

"""The golden environments: what the operator writes into a pod, and the sidecar reads there."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.collectors import CollectorSpec
from espalier_sidecar.collectors.table import AUTO, LOCAL, MODULES
from espalier_sidecar.settings import read_settings
from tests.planning.workload.test_job import built, expanded, pod_of
from tests.planning.worlds import SETTINGS

GOLDEN = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[1] / "golden" / "environment").glob("*.json"))
}
EACH = pytest.mark.parametrize("name", GOLDEN)


def environment(sidecar: dict[str, str], collectors: list[dict[str, Any]]) -> dict[str, str]:
    """Return what a sidecar finds, once the kubelet has expanded what the operator wrote."""
    settings = replace(
        SETTINGS,
        sidecar=replace(SETTINGS.sidecar, ingest_url=sidecar["ingestUrl"], ca_pem=sidecar["caPem"]),
    )
    container = {"name": "trainer", "image": "digits", "command": ["python3", "train.py"]}
    job = built(settings, collectors=collectors, template={"spec": {"containers": [container]}})
    (container,) = (
        each for each in pod_of(job)["initContainers"] if each["name"] == "espalier-sidecar"
    )
    return {each["name"]: expanded(each["value"], {}) for each in container["env"]}


@EACH
def test_the_operator_writes_what_was_agreed(name: str) -> None:
    golden = GOLDEN[name]
    assert environment(golden["operator"], golden["collectors"]) == golden["environment"]


@EACH
def test_the_sidecar_reads_what_was_agreed(name: str) -> None:
    golden = GOLDEN[name]
    assert plain(read_settings(golden["environment"])) == golden["sidecar"]


def plain(found: Any) -> Any:
    """Return what JSON can hold of settings: a pattern is its text."""
    if isinstance(found, re.Pattern):
        return found.pattern
    if hasattr(found, "_asdict"):
        return plain(found._asdict())
    if isinstance(found, dict):
        return {key: plain(each) for key, each in found.items()}
    return [plain(each) for each in found] if isinstance(found, tuple | list) else found


def test_every_collector_that_a_study_may_choose_is_the_sidecars_and_has_been_agreed() -> None:
    chosen = set(CollectorSpec.choices)
    assert chosen == {AUTO, LOCAL, *MODULES}
    agreed = {each["type"] for golden in GOLDEN.values() for each in golden["collectors"]}
    assert chosen == agreed


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60),
    st.sampled_from(["", "$", "$$", "$(PARAM_lr)", "$(ESPALIER_TRIAL)", '\\"', "\n"]),
)
def test_a_pattern_arrives_as_it_was_written(text: str, more: str) -> None:
    pattern = f"(?P<step>.)(?P<value>.){re.escape(text)}[{re.escape(more)}x]"
    collector = {"type": "Log", "log": {"path": "/espalier/log", "pattern": pattern}}
    golden = GOLDEN["log"]
    _, log = read_settings(environment(golden["operator"], [collector])).collectors
    assert plain(log.source)["printed"]["value"] == pattern

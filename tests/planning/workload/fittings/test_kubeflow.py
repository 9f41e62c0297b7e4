"""What Hugging Face's Trainer finds in its pod."""

from typing import Any

import pytest

from espalier_sidecar.collectors.kubeflow import PREFIX, TOKEN
from tests.planning.workload.test_job import TRAINER, built, pod_of

URL = "KUBEFLOW_TRAINER_SERVER_URL"
TOKEN_FILE = "KUBEFLOW_TRAINER_SERVER_TOKEN"


def variables(*own: dict[str, Any], type_: str) -> dict[str, str | None]:
    template = {"spec": {"containers": [{**TRAINER, "env": list(own)}]}}
    (trainer,) = pod_of(built(template=template, collector={"type": type_}))["containers"]
    return {each["name"]: each.get("value") for each in trainer["env"]}


@pytest.mark.parametrize("type_", ["Kubeflow", "Auto"])
def test_the_callback_finds_the_sidecar_and_a_token(type_: str) -> None:
    found = variables(type_=type_)
    assert found[URL] == f"http://localhost:9321{PREFIX}"
    assert found[TOKEN_FILE] == f"/espalier/{TOKEN}"


@pytest.mark.parametrize(
    "own",
    [{"name": URL, "value": "https://status"}, {"name": URL, "valueFrom": {"configMapKeyRef": {}}}],
)
def test_a_server_of_the_templates_own_is_left_alone(own: dict[str, Any]) -> None:
    found = variables(own, type_="Kubeflow")
    assert found[URL] == own.get("value")
    assert TOKEN_FILE not in found


def test_no_other_type_sets_it() -> None:
    assert URL not in variables(type_="Local")

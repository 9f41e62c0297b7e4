"""What the read API's page says is what is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from espalier.read_api.openapi import STUDY, document
from espalier.views.described import DESCRIBED
from espalier.views.questions import QUESTIONS
from tests.read_api.serving import served

DOCUMENT = document("0.0.0")
STUDIES = [("research", "digits"), ("research", "language"), ("elsewhere", "adopted")]
LISTED = {
    "metadata": {"uid": "0f7c1f0e-0001", "resourceVersion": "7"},
    "spec": {"objective": {"metric": "val_accuracy"}, "trials": {"max": 20}},
    "status": {"state": "Running", "counts": {"running": 1}, "best": {"number": 3}},
}


def schema_of(path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]
    return dict(found["application/json"]["schema"])


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_as_its_schema_says(golden: str, question: str) -> None:
    validator = Draft202012Validator(
        schema_of(f"{STUDY}/{question}".rstrip("/")), format_checker=None
    )

    async def run() -> None:
        async with served(golden) as ask:
            for namespace, name in STUDIES:
                asked = f"/v1/namespaces/{namespace}/studies/{name}/{question}".rstrip("/")
                status, body, _ = await ask.get(asked.replace("{number}", "1"))
                assert status == 200, body
                validator.validate(body)

    asyncio.run(run())


def test_the_list_is_as_its_schema_says(golden: str) -> None:
    async def run() -> Any:
        async with served(golden, {("research", "digits"): LISTED}) as ask:
            return (await ask.get("/v1/studies?deleted=true"))[1]

    body = asyncio.run(run())
    Draft202012Validator(schema_of("/v1/studies")).validate(body)
    by_name = {row["name"]: row for row in body["items"]}
    assert by_name["digits"]["state"] == "Running"
    assert by_name["closed"]["deleted"] is True


def test_a_refusal_is_as_its_schema_says(golden: str) -> None:
    async def run() -> list[Any]:
        async with served(golden) as ask:
            paths = ["/v1/studies?limit=-1", "/no/such/thing", "/v1/namespaces/a/studies/b"]
            return [(await ask.get(path))[1] for path in paths]

    for body in asyncio.run(run()):
        Draft202012Validator(DOCUMENT["components"]["schemas"]["Error"]).validate(body)


def test_every_schema_is_one_and_every_parameter_of_a_path_is_there() -> None:
    for path, item in DOCUMENT["paths"].items():
        asked = item["get"]
        for parameter in asked["parameters"]:
            Draft202012Validator.check_schema(parameter["schema"])
            assert (f"{{{parameter['name']}}}" in path) is (parameter["in"] == "path")
        for answer in asked["responses"].values():
            for content in answer.get("content", {}).values():
                Draft202012Validator.check_schema(content["schema"])
        assert asked["summary"].endswith(".")


def test_every_parameter_that_is_described_is_read(golden: str) -> None:
    """A word that no parameter takes is refused wherever one is described."""

    async def run() -> None:
        async with served(golden) as ask:
            for question, described in DESCRIBED.items():
                if question not in QUESTIONS:
                    continue
                asked = f"/v1/namespaces/research/studies/digits/{question}".rstrip("/")
                for parameter in described.parameters:
                    if parameter.schema.get("type") == "string" and "enum" not in parameter.schema:
                        continue  # any text is one
                    path = f"{asked}?{parameter.name}=no-such"
                    status, body, _ = await ask.get(path.replace("{number}", "1"))
                    assert (status, parameter.name in body["error"]["message"]) == (400, True), path

    asyncio.run(run())


def test_the_document_is_served_to_anybody(golden: str) -> None:
    async def run() -> Any:
        async with served(golden) as ask:
            return await ask.get("/v1/openapi.json", None)

    status, body, _ = asyncio.run(run())
    assert status == 200
    assert body["openapi"].startswith("3.1")
    assert f"{STUDY}/curves" in body["paths"]

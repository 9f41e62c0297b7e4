"""The CRDs that the models give are such as the API server takes."""

from pathlib import Path
from typing import Any, ClassVar

import pytest

from espalier.api.base import Model
from espalier.declared.predicates import compare
from espalier.declared.rule import Rule
from espalier.generate.crds import crds, definitions
from espalier.generate.structural_schema import UnfitError, nested, structural

ROOT = Path(__file__).resolve().parents[2]
FILES = crds()


def schemas(node: dict[str, Any], path: str = ""):
    """Every schema in a CRD, with its path."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from schemas(child, f"{path}.{name}")
    if "items" in node:
        yield from schemas(node["items"], f"{path}[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from schemas(node["additionalProperties"], f"{path}{{}}")


NODES = {
    f"{found['spec']['names']['kind']}{path}": node
    for found in definitions()
    for path, node in schemas(found["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
}


def test_there_is_no_other_crd():
    assert {path.name for path in (ROOT / "crds").iterdir()} == set(FILES)


def test_everything_that_a_rule_can_touch_is_bounded():
    free = ("status", "metadata", "apiVersion", "kind")
    for path, node in NODES.items():
        if path.partition(".")[2].startswith(free) or path.startswith(
            ("Trial", "Study.spec.template")
        ):
            continue
        if node.get("type") == "array":
            assert "maxItems" in node, path
        if node.get("type") == "string" and "enum" not in node:
            assert "maxLength" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


def test_every_field_of_a_spec_without_a_telling_name_is_described():
    telling = {"min", "max", "float", "int", "categorical"}
    for path, node in NODES.items():
        if (
            ".spec." in path
            and not path.endswith(("]", "}"))
            and path.rpartition(".")[2] not in telling
        ):
            assert node.get("description"), path


def test_the_status_of_a_study_has_no_list_that_grows_with_its_trials():
    for path, node in NODES.items():
        if path.startswith("Study.status") and node.get("type") == "array":
            assert node["maxItems"] <= 10, path


@pytest.mark.parametrize("levels", [1, 2, 12])
def test_a_schema_of_so_many_levels_takes_those_and_no_more(levels):
    """As the API server reads it: what has nothing in it is taken everywhere."""

    def takes(schema, value):
        if isinstance(value, dict):
            return len(value) <= schema.get("maxProperties", 9) and all(
                takes(schema["additionalProperties"], each) for each in value.values()
            )
        if isinstance(value, list):
            return len(value) <= schema.get("maxItems", 9) and all(
                takes(schema["items"], each) for each in value
            )
        return True

    def deep(count, listed):
        value = "x"
        for level in range(count):
            value = [value] if listed and level % 2 == 0 else {"a": value}
        return value

    for listed in (False, True):
        assert takes(nested(levels), deep(levels, listed))
        assert not takes(nested(levels), deep(levels + 1, listed))


def test_a_model_that_refers_to_itself_is_refused():
    class Recursive(Model):
        """Refers to itself."""

        inner: "Recursive | None" = None

    with pytest.raises(UnfitError, match="refers to itself"):
        structural(Recursive)


def test_an_optional_field_is_no_reference_to_the_model_itself():
    class Optional(Model):
        """Has an optional field and refers to no other model."""

        budget: float | None = None

    assert structural(Optional)["properties"]["budget"] == {"type": "number"}


def test_a_union_of_types_is_refused():
    class Union(Model):
        """Has a union."""

        value: int | str = 0

    with pytest.raises(UnfitError, match="union"):
        structural(Union)


def test_a_rule_of_a_model_is_in_its_schema():
    class Ruled(Model):
        """Has a rule."""

        x: int = 1
        rules: ClassVar = (
            Rule(condition=compare("x", ">", 0), message="x must be positive", field=".x"),
        )

    assert structural(Ruled)["x-kubernetes-validations"] == [
        {"rule": "self.x > 0", "message": "x must be positive", "fieldPath": ".x"}
    ]

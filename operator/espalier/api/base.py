"""What all models of the API have in common: names, strictness, rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

GROUP: Final = "espalier.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = "espalier.dev/v1alpha1"
LEVELS: Final = "levels"
"""Keyword of an object's JSON schema: how deep what is in it may be nested."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL rule that the API server checks at apply.

    Attributes
    ----------
    rule
        The expression; ``self`` is the object of the model that carries it.
    message
        What is expected and what to do, where the expression is false.
    message_expression
        CEL for a message that names what came; `message` is used where it fails.
    field_path
        Path of the field at fault, relative to ``self``.
    """

    rule: str
    message: str
    message_expression: str | None = None
    field_path: str | None = None

    def to_dict(self) -> dict[str, str]:
        """Return an entry of ``x-kubernetes-validations``."""
        entry = {"rule": self.rule, "message": self.message}
        if self.message_expression is not None:
            entry["messageExpression"] = self.message_expression
        if self.field_path is not None:
            entry["fieldPath"] = self.field_path
        return entry


class Model(BaseModel):
    """A frozen part of a resource: snake_case here, camelCase in Kubernetes, no unknown fields.

    The docstring's first paragraph and the fields' descriptions go into the CRD, and ``rules`` into
    its ``x-kubernetes-validations``.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    rules: ClassVar[tuple[Rule, ...]] = ()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the rules to the schema."""
        schema = handler(core_schema)
        if cls.rules:
            resolved = handler.resolve_ref_schema(schema)
            resolved["x-kubernetes-validations"] = [rule.to_dict() for rule in cls.rules]
        return schema


class Status(Model):
    """A part of a status: what an older or newer operator wrote is read without complaint."""

    model_config = ConfigDict(extra="ignore")

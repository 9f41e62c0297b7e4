"""What all models of the API have in common: names, strictness, rules."""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from espalier.declared.rule import AnyRule

GROUP: Final = "espalier.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = "espalier.dev/v1alpha1"
LEVELS: Final = "levels"
"""Keyword of an object's JSON schema: how deep what is in it may be nested."""


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

    rules: ClassVar[tuple[AnyRule, ...]] = ()

    def check(self, path: str) -> None:
        """Check what neither the schema nor a rule can say, for the operator alone.

        Parameters
        ----------
        path
            Where the object stands, for the error.

        Raises
        ------
        SpecError
            For the first field at fault.
        """

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

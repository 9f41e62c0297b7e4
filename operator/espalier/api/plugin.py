"""What a Study says of a class that is installed beside the operator."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from espalier.api.base import Model
from espalier.declared.names import snake

PLUGIN = "Plugin"
"""The type of what is installed beside the operator."""


class PluginSettings(Model):
    """A class that is installed beside the operator under an entry point, and its settings."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=63)]
    """Name of the entry point."""
    settings: Annotated[
        dict[str, Any],
        WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
    ] = Field(default_factory=dict)
    """Whatever it takes; names in camelCase become the arguments' in snake_case."""

    def arguments(self) -> dict[str, Any]:
        """Return the settings by the names that the class has for them."""
        return {snake(name): value for name, value in self.settings.items()}

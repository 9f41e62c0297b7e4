"""Metadata of objects."""

from __future__ import annotations

from pydantic import Field

from espalier.api.base import Status


class ObjectMeta(Status):
    """The part of an object's metadata that Espalier reads."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)

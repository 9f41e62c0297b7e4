"""The parts that the statuses of Study and Trial have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from espalier.api.base import Status
from espalier.api.conditions import MAX_MESSAGE
from espalier.api.scalar import Scalar

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, max_length=32)]
Name = Annotated[str, Field(max_length=63)]
Word = Annotated[str, Field(max_length=63)]
Message = Annotated[str, Field(max_length=MAX_MESSAGE)]
Count = Annotated[int, Field(ge=0)]
ParameterValues = Annotated[dict[str, Scalar], Field(max_length=64)]


class Condition(Status):
    """One aspect of the object's state, as the Kubernetes API conventions have it."""

    type: Annotated[str, Field(max_length=63)]
    status: Literal["True", "False", "Unknown"]
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """Generation of the spec that the condition was made from."""
    last_transition_time: Time
    """When the status last changed from one value to another."""
    reason: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Z][A-Za-z]*$")]
    """A word out of a closed list."""
    message: Message = ""
    """What happened and what to do, for people."""


Conditions = Annotated[
    tuple[Condition, ...],
    Field(
        max_length=8,
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
    ),
]

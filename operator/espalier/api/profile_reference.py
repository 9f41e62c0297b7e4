"""What a Study says of settings that are kept outside of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from espalier.api.base import Model

PROFILE = "Profile"
"""The type of a pruner that stands in a PrunerProfile."""


class ProfileReference(Model):
    """A PrunerProfile of the same namespace; what it says is copied before the first trial."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
    """Name of the PrunerProfile."""

"""The PrunerProfile resource: settings of a pruner that served, and where they come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from espalier.api.base import API_VERSION, Model
from espalier.api.meta import ObjectMeta
from espalier.api.plain_pruner import ProfiledPrunerSpec

MOST_PROFILED_STUDIES = 256
LONGEST_COMMAND, LONGEST_NOTE = 4096, 4096
_Share = Annotated[float, Field(ge=-1, le=1)]
_Lost = Annotated[float, Field(ge=0, le=1)]


class ProfiledStudySpec(Model):
    """A study on whose record the settings were judged."""

    name: Annotated[str, Field(max_length=512)]
    """Its name; of curves in a file, what they are called."""
    namespace: Annotated[str, Field(max_length=63)] | None = None
    """Its namespace, where it was a Study."""
    uid: Annotated[str, Field(max_length=253)] | None = None
    """Its uid, where it was a Study."""
    trials: Annotated[int, Field(ge=0)] | None = None
    """Number of its trials that ran to their end, by which the settings were judged."""
    steps: Annotated[int, Field(ge=0)] | None = None
    """How many steps these had."""


class ProvenanceSpec(Model):
    """Where the settings come from, for who reviews or names them; nothing is decided by it."""

    studies: Annotated[tuple[ProfiledStudySpec, ...], Field(max_length=MOST_PROFILED_STUDIES)] = ()
    """The studies on whose records they were judged."""
    command: Annotated[str, Field(max_length=LONGEST_COMMAND)] | None = None
    """What was run to find them."""
    version: Annotated[str, Field(max_length=64)] | None = None
    """The version of Espalier that was run."""
    time: Annotated[str, Field(json_schema_extra={"format": "date-time"}, max_length=32)] | None = (
        None
    )
    """When that was."""
    saved: _Share | None = None
    """Share of the compute without pruning that was not spent, on these records."""
    saved_low: _Share | None = None
    """Lower bound of its 95 % interval."""
    saved_high: _Share | None = None
    """Upper bound of its 95 % interval."""
    lost: _Lost | None = None
    """Share of the lists of trials that lost their winner."""
    lost_low: _Lost | None = None
    """Lower bound of its 95 % interval."""
    lost_high: _Lost | None = None
    """Upper bound of its 95 % interval."""
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] | None = None
    """Anything else that who reads this should know."""


class PrunerProfileSpec(Model):
    """A pruner's settings and their provenance. A study has a copy of what it has named."""

    pruner: ProfiledPrunerSpec
    provenance: ProvenanceSpec = ProvenanceSpec()


class PrunerProfile(Model):
    """Settings of a pruner that Studies of the same namespace name by type Profile."""

    api_version: Literal["espalier.dev/v1alpha1"] = API_VERSION
    kind: Literal["PrunerProfile"] = "PrunerProfile"
    metadata: ObjectMeta = ObjectMeta()
    spec: PrunerProfileSpec

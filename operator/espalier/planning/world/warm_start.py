"""What a Study asks for of earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from espalier.planning.world.fingerprint import fingerprint
from espalier.pruning import Direction
from espalier.search import Predecessor, Space

if TYPE_CHECKING:
    from espalier.api import StudySpec
    from espalier.api.warm_start import WarmStartSpec


@dataclass(frozen=True, slots=True)
class WarmStart:
    """What trials of earlier studies are taken over by.

    Parameters
    ----------
    said
        The Study's own words.
    space, predecessors
        What their parameters are mapped onto.
    metric, direction, horizon
        What the study compares its trials by.
    asked
        `fingerprint` of all this.
    """

    said: WarmStartSpec
    space: Space
    predecessors: tuple[Predecessor, ...]
    metric: str
    direction: Direction
    horizon: int
    asked: int


def warm_start_of(spec: StudySpec, space: Space) -> WarmStart | None:
    """Return what a spec asks for of earlier studies; `space` is that of its parameters."""
    said = spec.warm_start
    if said is None:
        return None
    words = {
        "warmStart": said.model_dump(mode="json", by_alias=True, exclude_none=True),
        "parameters": [
            each.model_dump(mode="json", by_alias=True, exclude_none=True)
            for each in spec.parameters
        ],
        "objective": [spec.objective.metric, spec.objective.direction.value],
        "horizon": spec.resource.max,
    }
    return WarmStart(
        said=said,
        space=space,
        predecessors=tuple(
            Predecessor(each.name, each.was or "", each.fill) for each in said.parameters
        ),
        metric=spec.objective.metric,
        direction=spec.objective.direction,
        horizon=spec.resource.max,
        asked=fingerprint(words),
    )

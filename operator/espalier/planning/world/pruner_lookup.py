"""What a Study's pruner names elsewhere, and what that was found to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from espalier.api.profile_reference import ProfileReference
from espalier.planning.world.fingerprint import fingerprint
from espalier.pruning import Direction

if TYPE_CHECKING:
    from espalier.api import StudySpec
    from espalier.api.prior import PriorSpec


@dataclass(frozen=True, slots=True)
class PriorLookup:
    """Earlier studies that are to be found, once, before the first trial.

    Parameters
    ----------
    prior
        The Study's own words.
    metric, direction, horizon
        What the study compares its trials by.
    asked
        `fingerprint` of all this.
    """

    prior: PriorSpec
    metric: str
    direction: Direction
    horizon: int
    asked: int


@dataclass(frozen=True, slots=True)
class ProfileLookup:
    """A PrunerProfile that is to be found, once, before the first trial.

    Parameters
    ----------
    name
        Its name.
    spec
        The Study's, which its pruner must suit.
    asked
        `fingerprint` of the name, and of what of the spec decides whether it does.
    """

    name: str
    spec: StudySpec
    asked: int


PrunerLookup = PriorLookup | ProfileLookup


@dataclass(frozen=True, slots=True)
class PrunerFound:
    """What was found, as far as others than the judge need it.

    Parameters
    ----------
    asked
        `PrunerLookup.asked` of what was found.
    told
        ``status.pruner``, as a plain object.
    """

    asked: int
    told: Mapping[str, Any]

    @staticmethod
    def of(found: Mapping[str, Any]) -> PrunerFound | None:
        """Return what `JudgeSettings.found` says; None where nothing was looked for."""
        return PrunerFound(int(found["asked"]), found["told"]) if found else None


def pruner_lookup_of(spec: StudySpec) -> PrunerLookup | None:
    """Return what a spec's pruner names elsewhere; None where it names nothing."""
    settings, objective = spec.pruner.settings, spec.objective
    compared = [objective.metric, objective.direction.value]
    words: dict[str, Any] = {"objective": compared, "horizon": spec.resource.max}
    if isinstance(settings, ProfileReference):
        words |= {"profile": settings.name, "target": objective.target}
        return ProfileLookup(settings.name, spec, asked=fingerprint(words))
    prior = getattr(settings, "prior", None)
    if prior is None:
        return None
    words["prior"] = prior.model_dump(mode="json", by_alias=True, exclude_none=True)
    return PriorLookup(
        prior=prior,
        metric=objective.metric,
        direction=objective.direction,
        horizon=spec.resource.max,
        asked=fingerprint(words),
    )

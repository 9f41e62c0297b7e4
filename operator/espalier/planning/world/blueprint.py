"""What one generation of a Study means: worked out once, not at each look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from espalier.planning.world.pruner_lookup import PrunerLookup
from espalier.planning.world.study_search import Search
from espalier.planning.world.warm_start import WarmStart
from espalier.search import NO_HISTORY, Space

if TYPE_CHECKING:
    from espalier.api import StudySpec


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What follows from a Study's spec and the operator's settings, whatever has happened since.

    Parameters
    ----------
    spec
        The last spec of the Study that could be read; None where none could.
    trainer
        Name of the container that trains; empty where the spec does not tell one.
    template
        `fingerprint` of the pod template; 0 without a spec.
    search
        What is tried, and what chooses it; None without a spec.
    warm_start
        What is taken over from earlier studies; None where nothing is.
    pruner
        What its pruner names elsewhere; None where it names nothing.
    by_number
        Whether a trial's number alone tells what it runs.
    size
        How many configurations a grid has; None for a sampler that never runs out.
    probe
        The Job that stands for all of the study's; empty where none can be made.
    probe_hash
        `fingerprint` of that Job; 0 where none can be made.
    fault
        Why the spec cannot be carried out as it is; empty where it can, as far as is known without
        asking the API server.
    """

    spec: StudySpec | None = None
    trainer: str = ""
    template: int = 0
    search: Search | None = None
    warm_start: WarmStart | None = None
    pruner: PrunerLookup | None = None
    by_number: bool = True
    size: int | None = None
    probe: Mapping[str, Any] = field(default_factory=dict)
    probe_hash: int = 0
    fault: str = ""

    @property
    def space(self) -> Space:
        """The parameters that are tried."""
        return Space(()) if self.search is None else self.search.space

    @property
    def most_sampled(self) -> int:
        """How many trials are sampled: ``trials.max``, or as many as a grid has.

        Where what trials run is proposed, it is found out then that nothing is left.
        """
        if self.spec is None:
            return 0
        most = self.spec.trials.max
        return min(most, self.size) if self.by_number and self.size is not None else most

    def configuration(self, point: int) -> Mapping[str, Any]:
        """Return the parameters that a number stands for; of a grid, those of a point of it."""
        search = self.search
        assert search is not None
        return search.sampler.propose(search.space, NO_HISTORY, search.seed, point)


NO_BLUEPRINT = Blueprint()
"""Of a Study that nothing was read of."""

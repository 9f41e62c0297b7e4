"""What one generation of a Study means: worked out once, not at each look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from espalier.search import NO_HISTORY, Sampler, Space

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
    space
        The parameters that are tried.
    sampler
        What chooses their values; None without a spec.
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
    space: Space = field(default_factory=lambda: Space(()))
    sampler: Sampler | None = None
    size: int | None = None
    probe: Mapping[str, Any] = field(default_factory=dict)
    probe_hash: int = 0
    fault: str = ""

    @property
    def most_sampled(self) -> int:
        """How many trials are sampled: ``trials.max``, or as many as a grid has."""
        if self.spec is None:
            return 0
        most = self.spec.trials.max
        return most if self.size is None else min(most, self.size)

    def configuration(self, point: int) -> Mapping[str, Any]:
        """Return the parameters that a number stands for; of a grid, those of a point of it."""
        assert self.spec is not None
        assert self.sampler is not None
        return self.sampler.propose(self.space, NO_HISTORY, self.spec.sampler.seed, point)


NO_BLUEPRINT = Blueprint()
"""Of a Study that nothing was read of."""

"""What a Study says of its search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espalier.search import BranchRule, Sampler, Space, TellPruned, Value, finite_size

if TYPE_CHECKING:
    from espalier.api import StudySpec

_OURS = "espalier.search."


@dataclass(frozen=True, slots=True)
class Search:
    """What proposals follow from, beside the log.

    Parameters
    ----------
    space, sampler, seed
        What is chosen from, by what.
    horizon
        ``resource.max``: the step at which values are compared.
    tell_pruned
        What samplers are told of pruned trials.
    enqueued
        Configurations that come first.
    warm
        Whether there are trials of earlier studies.
    rerun
        Whether their configurations may be run again.
    branches
        When a branch of the space is closed; None: never.
    """

    space: Space
    sampler: Sampler
    seed: int
    horizon: int
    tell_pruned: TellPruned = TellPruned.FORECAST
    enqueued: tuple[Mapping[str, Value], ...] = ()
    warm: bool = False
    rerun: bool = False
    branches: BranchRule | None = None

    @property
    def apart(self) -> bool:
        """Whether the sampler is asked in a process of its own: it takes long, or is not ours."""
        return self.sampler.learns or not type(self.sampler).__module__.startswith(_OURS)

    @property
    def by_number(self) -> bool:
        """Whether a trial's number alone tells its configuration, and no two have the same."""
        if self.apart or self.enqueued or self.warm or self.branches is not None:
            return False
        return self.sampler.size(self.space) is not None or finite_size(self.space) is None


def search_of(spec: StudySpec, space: Space) -> Search:
    """Return what a spec says of its search; `space` is that of its parameters."""
    return Search(
        space=space,
        sampler=spec.sampler.sampler(),
        seed=spec.sampler.seed,
        horizon=spec.resource.max,
        tell_pruned=spec.sampler.tell_pruned,
        enqueued=tuple(spec.enqueue),
        warm=spec.warm_start is not None,
        rerun=spec.warm_start is not None and spec.warm_start.rerun,
        branches=spec.sampler.branch_rule(),
    )

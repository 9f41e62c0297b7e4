"""The sampler for who does not want to choose one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from espalier.search.history import History, Told
from espalier.search.samplers.base import Sampler
from espalier.search.samplers.sobol import Sobol
from espalier.search.samplers.tpe import TPE
from espalier.search.space import Space, Value

_ENDED = (Told.VALUE, Told.PRUNED, Told.INFEASIBLE)


@dataclass(frozen=True, kw_only=True)
class AutoSampler(Sampler):
    """Covers the space evenly at first (Sobol), and then learns (TPE).

    Points of a Sobol sequence instead of random ones to begin with, since what is learnt from them
    is spread over the whole space (Bousquet et al., *Critical Hyper-Parameters: No Random, No Cry*,
    2017).

    Parameters
    ----------
    startup_trials
        How many trials must have ended before it learns from them.
    """

    startup_trials: Annotated[int, Ge(0), Le(10_000)] = 10

    name: ClassVar[str] = "Auto"
    learns: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("optuna", "numpy", "scipy")

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return the point that has the trial's number, or what TPE proposes."""
        if sum(each.told in _ENDED for each in history) < self.startup_trials:
            return Sobol().propose(space, history, seed, number)
        return TPE(startup_trials=0).propose(space, history, seed, number)

"""The Tree-structured Parzen Estimator."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from espalier.search.history import History
from espalier.search.samplers.base import Sampler, check_number, sampler_seed
from espalier.search.space import Space, Value


@dataclass(frozen=True, kw_only=True)
class TPE(Sampler):
    """Learns which values the better tenth of the trials has in common.

    Optuna's Tree-structured Parzen Estimator (Bergstra et al., *Algorithms for Hyper-Parameter
    Optimization*, 2011), multivariate (Falkner et al., *BOHB*, 2018), with the parameters that take
    part together in one group, and with running trials counted among the worse ones.

    Parameters
    ----------
    startup_trials
        How many trials must have ended before it learns from them; until then it draws at random.
    candidates
        How many configurations it draws where the better trials lie; the one is proposed that is
        least like the others.
    """

    startup_trials: Annotated[int, Ge(0), Le(10_000)] = 10
    candidates: Annotated[int, Ge(1), Le(1000)] = 24

    name: ClassVar[str] = "TPE"
    learns: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("optuna", "numpy")

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return what a new sampler of Optuna proposes after the history."""
        check_number(number)
        # Imported only where needed: it takes a quarter of a second and 16 MiB.
        from optuna.exceptions import ExperimentalWarning
        from optuna.samplers import TPESampler

        from espalier.search.samplers.optuna_study.proposed import ask

        warnings.filterwarnings("ignore", "Argument ``group``", ExperimentalWarning)
        sampler = TPESampler(
            n_startup_trials=self.startup_trials,
            n_ei_candidates=self.candidates,
            seed=sampler_seed(seed, number),
            multivariate=True,
            group=True,
            constant_liar=True,
        )
        return ask(space, history, sampler)

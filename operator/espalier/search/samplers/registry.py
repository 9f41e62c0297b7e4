"""Samplers by name: the `type` that a Study chooses."""

from __future__ import annotations

from collections.abc import Mapping

from espalier.search.samplers.base import Sampler
from espalier.search.samplers.grid import Grid
from espalier.search.samplers.random import Random
from espalier.search.samplers.sobol import Sobol

SAMPLERS: Mapping[str, type[Sampler]] = {
    kind.name: kind
    for kind in (
        Random,
        Grid,
        Sobol,
    )
}
"""In the order in which the CRD names them; the first is the default."""

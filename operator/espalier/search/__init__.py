"""Parameter spaces and the samplers that propose a trial's parameters from them.

Everything here is pure: a trial's parameters follow from the space, the sampler's settings, the
study's history and seed and the trial's number, and from nothing else.
"""

from __future__ import annotations

from espalier.search.history import NO_HISTORY, History, PastTrial
from espalier.search.samplers.base import Sampler
from espalier.search.samplers.grid import Grid
from espalier.search.samplers.random import Random
from espalier.search.samplers.registry import SAMPLERS
from espalier.search.samplers.sobol import Sobol
from espalier.search.space import (
    Choice,
    Domain,
    FloatRange,
    IntRange,
    Parameter,
    Scale,
    Space,
    Value,
    When,
    same,
    text_of,
)

__all__ = [
    "NO_HISTORY",
    "SAMPLERS",
    "Choice",
    "Domain",
    "FloatRange",
    "Grid",
    "History",
    "IntRange",
    "Parameter",
    "PastTrial",
    "Random",
    "Sampler",
    "Scale",
    "Sobol",
    "Space",
    "Value",
    "When",
    "same",
    "text_of",
]

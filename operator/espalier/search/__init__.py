"""Parameter spaces and the samplers that draw a trial's parameters from them.

Everything here is pure: a trial's parameters follow from the space, the sampler's settings, the
study's seed and the trial's number, and from nothing else.
"""

from espalier.search.grid import grid_size
from espalier.search.samplers import Sampler, SamplerType, sample
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
    "Choice",
    "Domain",
    "FloatRange",
    "IntRange",
    "Parameter",
    "Sampler",
    "SamplerType",
    "Scale",
    "Space",
    "Value",
    "When",
    "grid_size",
    "same",
    "sample",
    "text_of",
]

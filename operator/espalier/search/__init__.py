"""Parameter spaces and the samplers that propose a trial's parameters from them.

Everything here is pure: a trial's parameters follow from the space, the sampler's settings, the
study's history and seed and the trial's number, and from nothing else.
"""

from __future__ import annotations

from espalier.search.branches import (
    Branches,
    BranchRule,
    ClosedBranch,
    branches_of_text,
    branching,
    closed_branches,
    passed_over,
    still_closed,
    text_of_branches,
    without,
)
from espalier.search.carrying import NotCarried, Predecessor, carry_over, in_common
from espalier.search.enqueued import complete
from espalier.search.history import NO_HISTORY, History, Outcome, PastTrial, Told
from espalier.search.proposal import Proposal
from espalier.search.samplers.auto import AutoSampler
from espalier.search.samplers.base import Sampler, SamplerError
from espalier.search.samplers.cma_es import CmaEs
from espalier.search.samplers.gp import GP
from espalier.search.samplers.grid import Grid
from espalier.search.samplers.random import Random
from espalier.search.samplers.registry import SAMPLERS, make_sampler
from espalier.search.samplers.sobol import Sobol
from espalier.search.samplers.tpe import TPE
from espalier.search.seeding import LARGEST_SEED, seed_of
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
from espalier.search.telling import ExpectedScore, TellPruned, tell
from espalier.search.untried import finite_size, key_of, propose_untried

__all__ = [
    "GP",
    "LARGEST_SEED",
    "NO_HISTORY",
    "SAMPLERS",
    "TPE",
    "AutoSampler",
    "BranchRule",
    "Branches",
    "Choice",
    "ClosedBranch",
    "CmaEs",
    "Domain",
    "ExpectedScore",
    "FloatRange",
    "Grid",
    "History",
    "IntRange",
    "NotCarried",
    "Outcome",
    "Parameter",
    "PastTrial",
    "Predecessor",
    "Proposal",
    "Random",
    "Sampler",
    "SamplerError",
    "Scale",
    "Sobol",
    "Space",
    "TellPruned",
    "Told",
    "Value",
    "When",
    "branches_of_text",
    "branching",
    "carry_over",
    "closed_branches",
    "complete",
    "finite_size",
    "in_common",
    "key_of",
    "make_sampler",
    "passed_over",
    "propose_untried",
    "same",
    "seed_of",
    "still_closed",
    "tell",
    "text_of",
    "text_of_branches",
    "without",
]

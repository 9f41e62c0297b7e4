"""Proposals of samplers that may be anybody's: checked, and replaced where a sampler fails."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from espalier.api import check_values
from espalier.errors import SpecError
from espalier.planning.proposing.proposing import propose
from espalier.planning.world.study_search import Search
from espalier.search import PastTrial, Proposal, Random
from espalier.search.proposal import ENQUEUED, NONE_LEFT

MOST_BYTES = 64 * 1024
"""A configuration is no larger than this as JSON: a Trial and its pod hold a copy of it."""
MOST_WORDS = 300
"""Characters that are kept of what a sampler says when it fails."""
MOST_VERSIONS = 250
"""Characters that are kept of the versions of libraries."""
_INSTEAD = " instead of "
_MOST_SOURCE = 63


def propose_checked(search: Search, trials: Sequence[PastTrial], number: int) -> Proposal:
    """Return what a trial is to run, as `propose` does, of legal values in their own types.

    Raises
    ------
    SpecError
        If the sampler proposes what the space does not have.
    Exception
        Whatever else the sampler raises.
    """
    found = propose(search, trials, number)
    return found if found.parameters is None else replace(found, parameters=_legal(search, found))


def _legal(search: Search, found: Proposal) -> Mapping[str, str | int | float | bool]:
    given = found.parameters
    if not isinstance(given, Mapping):
        raise SpecError("", f"expected the values of parameters by name, got {type(given)}")
    legal = check_values(search.space, given)
    text = json.dumps(legal, allow_nan=False)
    if len(text) > MOST_BYTES:
        raise SpecError("", f"expected at most {MOST_BYTES} bytes of values, got {len(text)}")
    plain: dict[str, str | int | float | bool] = json.loads(text)
    return plain


def versions_of(search: Search, found: Proposal) -> str:
    """Return the versions of the libraries that a proposal may depend on.

    Raises
    ------
    Exception
        Whatever a sampler raises.
    """
    if found.source in (ENQUEUED, NONE_LEFT) or is_instead(found.source):
        return ""
    return search.sampler.versions()[:MOST_VERSIONS]


def propose_instead(search: Search, trials: Sequence[PastTrial], number: int) -> Proposal:
    """Return what a trial is to run whose sampler has failed: it is drawn at random.

    The source tells it, so that a replay draws it in the same way.
    """
    found = propose(replace(search, sampler=Random()), trials, number)
    if found.source in (ENQUEUED, NONE_LEFT):
        return found
    source = f"{found.source}{_INSTEAD}{search.sampler.name}"[:_MOST_SOURCE]
    return replace(found, source=source)


def propose_again(
    search: Search, trials: Sequence[PastTrial], number: int, source: str
) -> Proposal:
    """Return what was proposed on the same basis, with this source, as a replay does."""
    if is_instead(source):
        return propose_instead(search, trials, number)
    return propose_checked(search, trials, number)


def is_instead(source: str) -> bool:
    """Whether a proposal's source says that the sampler had failed."""
    return _INSTEAD in source


def words_of(error: BaseException) -> str:
    """Return what a failure says, in one line that is not too long."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:MOST_WORDS].rstrip(" :")

"""No configuration is run twice: what is known is proposed anew."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from espalier.search.enqueued import complete
from espalier.search.history import History, Outcome
from espalier.search.proposal import ENQUEUED, NONE_LEFT, UNTRIED, Proposal
from espalier.search.samplers.base import Sampler, check_number
from espalier.search.samplers.grid import Grid
from espalier.search.samplers.random import Random
from espalier.search.space import Space, Value, text_of

REDRAWS = 10
"""So often a sampler is asked again before something else is taken."""

Key = tuple[tuple[str, str], ...]


def key_of(parameters: Mapping[str, Value]) -> Key:
    """Return what tells configurations apart: ``1`` and ``1.0`` are one, ``True`` is another."""
    return tuple(sorted((name, _text(value)) for name, value in parameters.items()))


def _text(value: Value) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value)) if abs(value) < 2**53 else repr(value)
    return f"{type(value).__name__} {text_of(value)}"


def finite_size(space: Space) -> int | None:
    """Return how many configurations a space has; None where it has a continuum."""
    try:
        return Grid().size(space)
    except ValueError:
        return None


def propose_untried(
    sampler: Sampler,
    space: Space,
    history: History,
    seed: int,
    number: int,
    enqueued: Sequence[Mapping[str, Value]] = (),
    *,
    rerun: bool = False,
    whole: Space | None = None,
) -> Proposal:
    """Return a configuration that is not known, if there is one.

    Known is what has completed, was pruned, failed by its own fault or runs, of earlier studies
    too unless it is to be run again (`rerun`). What is enqueued comes first, in its order, as long
    as no trial of this study has run it; what it leaves out is drawn. The sampler is asked up to
    `REDRAWS` times more, each time with another seed; then a configuration is taken that is left,
    of a sampler that has only so many or of a finite space, or drawn at random.

    Where `space` is what is left open of a `whole` one, what is enqueued is of the latter.

    Raises
    ------
    IndexError
        If the number is negative.
    """
    check_number(number)
    known = {
        key_of(each.parameters)
        for each in history
        if each.outcome is not Outcome.LOST and not (rerun and each.earlier)
    }
    if (given := _next_enqueued(enqueued, history)) is not None:
        return _enqueued(whole or space, given, known, seed, number)
    own = sampler.size(space)
    size, points = (finite_size(space), Grid()) if own is None else (own, sampler)
    if size is not None and len(known) >= size and _left(points, space, seed, size, known) is None:
        return Proposal(None, NONE_LEFT)
    chosen: dict[str, Value] = {}
    for redrawn in range(REDRAWS + 1 if own is None or number < own else 0):
        chosen = sampler.propose(space, history, _seed(seed, redrawn), number)
        if key_of(chosen) not in known:
            return Proposal(chosen, sampler.name, redrawn)
    if size is not None:
        left = _left(points, space, seed, size, known)
        return Proposal(left, UNTRIED if left is not None else NONE_LEFT, REDRAWS + 1)
    for redrawn in range(REDRAWS + 1, 2 * REDRAWS + 1):
        chosen = Random().propose(space, history, _seed(seed, redrawn), number)
        if key_of(chosen) not in known:
            return Proposal(chosen, Random.name, redrawn)
    return Proposal(chosen, Random.name, 2 * REDRAWS, repeats=True)


def _next_enqueued(
    enqueued: Sequence[Mapping[str, Value]], history: History
) -> Mapping[str, Value] | None:
    """Return the first listed configuration whose values no trial of the present study has."""
    own = (each for each in history if not each.earlier and each.outcome is not Outcome.LOST)
    tried = [frozenset(key_of(each.parameters)) for each in own] if enqueued else []
    for given in enqueued:
        wanted = frozenset(key_of(given))
        if not any(map(wanted.issubset, tried)):
            return given
    return None


def _enqueued(
    space: Space, given: Mapping[str, Value], known: set[Key], seed: int, number: int
) -> Proposal:
    """Return a listed configuration; what it leaves out is drawn so that it is none that is known.

    Who lists one that an earlier study has run wants it run again.
    """
    chosen: dict[str, Value] = {}
    for redrawn in range(REDRAWS + 1):
        chosen = complete(space, given, _seed(seed, redrawn), number)
        if key_of(chosen) not in known:
            return Proposal(chosen, ENQUEUED, redrawn)
        if len(chosen) == len(given):
            return Proposal(chosen, ENQUEUED, repeats=True)
    return Proposal(chosen, ENQUEUED, REDRAWS, repeats=True)


def _seed(seed: int, redrawn: int) -> int:
    if redrawn == 0:
        return seed
    digest = hashlib.blake2b(f"{seed}/redrawn/{redrawn}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


def _left(
    points: Sampler, space: Space, seed: int, size: int, known: set[Key]
) -> dict[str, Value] | None:
    """Return the first of a sampler's finitely many configurations that is not known."""
    for point in range(size):
        configuration = points.propose(space, (), seed, point)
        if key_of(configuration) not in known:
            return configuration
    return None

"""Which configuration a trial's number stands for, as far as a grid has been run through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from espalier.planning.effects import CreateTrial, Effect, EmitEvent, Prepare, Propose
from espalier.planning.standing.look import Look
from espalier.planning.workload.trial import build_trial
from espalier.planning.world.names import FIRST_HAND_MADE, called
from espalier.planning.world.parameters_text import parameters_of_text

REPEATED = "ConfigurationRepeated"


def new_trials(look: Look, numbers: Sequence[int]) -> Iterator[Effect]:
    """Yield what makes new trials, in the order of their numbers.

    What a number does not tell by itself is proposed first, and recorded.
    """
    study = look.snapshot.study
    if _by_number(look):
        for number, parameters in parameters_of(look, numbers):
            yield CreateTrial(number, build_trial(study, number, parameters))
        return
    search = look.blueprint.search
    assert search is not None
    for number in numbers:
        known = _recorded(look, number)
        if known is None:
            yield Propose(number, search)
        else:
            yield CreateTrial(number, build_trial(study, number, known))
            if _repeats(look, number):
                yield _said_to_repeat(look, number)


def _repeats(look: Look, number: int) -> bool:
    proposal = look.snapshot.record.proposals.get(number)
    return proposal is not None and proposal.repeats


def _said_to_repeat(look: Look, number: int) -> Effect:
    study = look.snapshot.study
    said = (
        f"The parameters of {called(number)} have been tried before: the sampler proposed nothing "
        "else, as often as it was asked. Widen spec.parameters in another study if this goes on."
    )
    return EmitEvent("Study", study.name, study.uid, True, REPEATED, said)


def next_trial(look: Look, number: int | None) -> tuple[Effect, ...]:
    """Return what is done ahead for the next trial: where it takes long to find out what it runs.

    Only while others run: else nothing is to come of which it could learn.
    """
    search = look.blueprint.search
    if number is None or search is None or not search.sampler.learns or not look.searching:
        return ()
    return () if _recorded(look, number) is not None else (Prepare(number, search),)


def _by_number(look: Look) -> bool:
    """Whether trials' numbers alone tell what they run: a grid may meet those made by hand."""
    blueprint = look.blueprint
    if blueprint.size is None:
        return blueprint.by_number
    by_hand = look.tally.last_searched() >= FIRST_HAND_MADE
    by_hand = by_hand or any(each.number >= FIRST_HAND_MADE for each in look.searching)
    return blueprint.by_number and not by_hand


def _recorded(look: Look, number: int) -> Mapping[str, Any] | None:
    """Return what a trial is to run, as far as that is recorded."""
    record = look.snapshot.record
    proposal, made = record.proposals.get(number), record.made.get(number)
    if proposal is not None:
        return proposal.parameters
    return None if made is None else parameters_of_text(made.parameters)


def parameters_of(look: Look, numbers: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the parameters of new trials, in the order of their numbers.

    Numbers beyond the size of a grid run again what trials have lost to a fault that an earlier
    template had.
    """
    blueprint = look.blueprint
    size = blueprint.size
    beyond = size is not None and any(number >= size for number in numbers)
    lost = iter(_lost(look, size) if size is not None and beyond else ())
    for number in numbers:
        point = number if size is None or number < size else next(lost, None)
        if point is None:
            return
        yield number, blueprint.configuration(point)


def _lost(look: Look, size: int) -> list[int]:
    """Return the points of the grid that were lost to an earlier template and not run again since.

    A trial beyond the grid's size stands for the lost point that has its parameters; where its
    object is gone, for the first one that was lost before it.
    """
    blueprint, faults = look.blueprint, look.tally.faults
    forgiven = {n for n, template in faults.items() if template != blueprint.template}
    beyond = set(look.tally.numbers.irange(size, FIRST_HAND_MADE - 1))
    beyond |= {each.number for each in look.going_on if size <= each.number < FIRST_HAND_MADE}
    open_: list[int] = []
    for number in sorted(forgiven | beyond):
        point = number
        if number >= size:
            view = look.view(number)
            same = (
                [p for p in open_ if blueprint.configuration(p) == dict(view.parameters)]
                if view is not None
                else open_
            )
            if not (same or open_):
                continue
            point = (same or open_)[0]
            open_.remove(point)
        if number in forgiven:
            open_.append(point)
    return open_

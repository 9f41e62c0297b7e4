"""What trials were made as, recorded as soon as it is seen: results must outlive their objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from espalier.planning.standing.standing import Standing
from espalier.planning.world.names import FIRST_HAND_MADE
from espalier.planning.world.observe import seconds
from espalier.planning.world.parameters_text import text_of_parameters
from espalier.planning.world.record import NOTHING_PROPOSED, MadeTrial, Origin
from espalier.planning.world.snapshot import TrialView
from espalier.pruning import is_repeat
from espalier.search import Proposal, Value
from espalier.search.proposal import ENQUEUED


def news_of(
    made: Mapping[int, MadeTrial],
    standings: Iterable[Standing],
    proposals: Mapping[int, Proposal] = NOTHING_PROPOSED,
) -> Iterator[tuple[int, MadeTrial]]:
    """Yield number and making of the trials of which not all is recorded that is seen.

    Parameters
    ----------
    made
        What is recorded, by number.
    standings
        Of the trials that are looked at.
    proposals
        What trials were to run, by number.
    """
    for standing in standings:
        known = made.get(standing.number)
        seen = _seen(standing, known, proposals.get(standing.number))
        if seen is not None and seen != known:
            yield standing.number, seen


def _seen(
    standing: Standing, known: MadeTrial | None, proposal: Proposal | None
) -> MadeTrial | None:
    """Return what is known of a trial with what is seen of it; None without its object."""
    view = standing.view
    if view is None or not view.adopted:
        return None
    # Another object has the number where the cluster was put back to an earlier state.
    if known is None or (known.name, known.created_at) != (view.name, view.created_at):
        parameters = text_of_parameters(view.parameters)
        origin = _origin(standing, view, proposal)
        seen = MadeTrial(view.name, parameters, origin, created_at=view.created_at)
        known = (
            replace(seen, template=known.template, started_at=known.started_at) if known else seen
        )
    template = standing.workload.template if standing.workload is not None else 0
    if template not in (0, known.template):
        known = replace(known, template=template)
    if known.started_at is None and "startTime" in view.status:
        known = replace(known, started_at=seconds(view.status["startTime"]))
    return known


def _origin(standing: Standing, view: TrialView, proposal: Proposal | None) -> Origin:
    number = standing.number
    if is_repeat(number):
        return Origin.REPEAT
    sampled = view.sampled and number < FIRST_HAND_MADE
    wanted = _wanted(standing, proposal) if sampled else None
    if wanted is not None and dict(view.parameters) != dict(wanted):
        return Origin.HAND_MADE  # Somebody was faster, with the name and number of a sampled one.
    if sampled and proposal is not None and proposal.source == ENQUEUED:
        return Origin.ENQUEUED
    return Origin.SAMPLED if sampled else Origin.HAND_MADE


def _wanted(standing: Standing, proposal: Proposal | None) -> Mapping[str, Value] | None:
    """Return what a sampled trial of this number runs; None where that is not known."""
    blueprint, number = standing.blueprint, standing.number
    if proposal is not None:
        return proposal.parameters
    if blueprint.search is None or not blueprint.by_number:
        return None
    if blueprint.size is not None and number >= blueprint.size:
        return None
    return blueprint.configuration(number)

"""What trials were made as, recorded as soon as it is seen: results must outlive their objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from espalier.planning.standing.standing import Standing
from espalier.planning.world.names import FIRST_HAND_MADE
from espalier.planning.world.observe import seconds
from espalier.planning.world.record import MadeTrial, Origin
from espalier.planning.world.snapshot import TrialView


def news_of(
    made: Mapping[int, MadeTrial], standings: Iterable[Standing]
) -> Iterator[tuple[int, MadeTrial]]:
    """Yield number and making of the trials of which not all is recorded that is seen.

    Parameters
    ----------
    made
        What is recorded, by number.
    standings
        Of the trials that are looked at.
    """
    for standing in standings:
        known = made.get(standing.number)
        seen = _seen(standing, known)
        if seen is not None and seen != known:
            yield standing.number, seen


def _seen(standing: Standing, known: MadeTrial | None) -> MadeTrial | None:
    """Return what is known of a trial with what is seen of it; None without its object."""
    view = standing.view
    if view is None or not view.adopted:
        return None
    # Another object has the number where the cluster was put back to an earlier state.
    if known is None or (known.name, known.created_at) != (view.name, view.created_at):
        parameters = json.dumps(dict(view.parameters), separators=(",", ":"))
        origin = _origin(standing.number, view)
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


def _origin(number: int, view: TrialView) -> Origin:
    sampled = view.sampled and number < FIRST_HAND_MADE
    return Origin.SAMPLED if sampled else Origin.HAND_MADE

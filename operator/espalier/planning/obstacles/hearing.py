"""After how long it is said that a trial's trainer runs and no value of it comes."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.planning.obstacles.trainer_state import began, idle
from espalier.planning.standing.look import Look
from espalier.planning.standing.standing import Standing
from espalier.planning.world.settings import OperatorSettings

_SOONEST = 30.0
_SLOWER = 5.0
"""By how much its first value may take longer than the slowest of the others' did."""
_STEPS = 10
"""Steps of the slowest of the others that it may take at least."""
_FEW = 3
"""So many steps a trial must have reported to tell how long they take."""
_RECENT = 20


def hearing_patience(look: Look, settings: OperatorSettings) -> float:
    """Return after how many seconds of training a trial's first value is missed.

    As the study's other trials tell: several times what the slowest of them took to its first
    value, and at least some of its steps. Where none tells, the operator's own patience.
    """
    took = list(_first_values(look))
    if not took:
        return settings.metric_patience
    return max(min(_SOONEST, settings.metric_patience), *took)


def unheard_of(look: Look, settings: OperatorSettings) -> frozenset[int]:
    """Return the numbers of the trials that train and of which a value is missed."""
    patience = hearing_patience(look, settings)
    going = look.going_on
    return frozenset(each.number for each in going if is_unheard(look, each, patience))


def is_unheard(look: Look, standing: Standing, patience: float) -> bool:
    """Whether a trial trains, and no value of its metric has come for so long."""
    pod = standing.live[-1] if standing.live and standing.end is None else None
    if pod is None or pod.deleting or standing.record.step is not None:
        return False
    container = pod.containers.get(standing.trainer)
    if container is None or not container.running:
        return False
    still = idle(look.snapshot.idle, standing)
    ran = standing.span(pod.uid).ran if standing.record.names else 0.0
    return max(still, ran) >= patience


def _first_values(look: Look) -> Iterator[float]:
    """Yield how long another trial may take, as those of now and of late tell."""
    for standing in (*look.going_on, *look.newest_ended(_RECENT)):
        record, steps = standing.record, standing.record.beyond or standing.record.step or 0
        if record.pace is None or steps < _FEW:
            continue
        if standing.end is not None:
            ran = record.attempts[-1].ran if record.attempts else 0.0
        elif standing.live and began(standing.live[-1], standing.trainer):
            ran = standing.span(standing.live[-1].uid).ran - idle(look.snapshot.idle, standing)
        else:
            continue
        first = ran - record.pace * (steps - 1)
        yield max(_SLOWER * first, _STEPS * record.pace)

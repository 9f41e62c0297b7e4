"""What a study's trials have used, and what pruning has saved of it, with its band.

A Study tells it itself. Where it is gone, the same is reckoned from what is recorded of its trials.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from espalier.planning.costs.costs import costs_from, study_fields
from espalier.planning.world.ended import Ended
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.tally import Tally
from espalier.views.gathered import Gathered
from espalier.views.plain import View

_AMOUNTS = ("gpuSeconds", "trialSeconds", "steps")


def savings_view(gathered: Gathered, study: Mapping[str, Any] | None = None) -> View:
    """Return what was used and saved, in seconds of accelerators and of trials, and in steps.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    """
    status: Mapping[str, Any] = (study or {}).get("status") or {}
    said = {name: status[name] for name in _AMOUNTS if status.get(name)}
    amounts = said if len(said) == len(_AMOUNTS) else recorded_savings(gathered)
    return {
        **{name: _whole(amount) for name, amount in amounts.items()},
        "money": status.get("money"),
    }


def recorded_savings(gathered: Gathered) -> dict[str, Any]:
    """Return the same fields as a Study's status has, from what is recorded of its trials."""
    records = list(_records(gathered))
    tally = Tally(Ended(record) for record in records if record.end is not None)
    return study_fields(costs_from(tally, [each for each in records if each.end is None]))


def _whole(amount: Mapping[str, Any]) -> View:
    """Return an amount with null for what nothing tells of."""
    used = "done" if "done" in amount else "used"
    return {name: amount.get(name) for name in (used, "saved", "savedLow", "savedHigh")}


def _records(gathered: Gathered) -> Iterator[TrialRecord]:
    """Yield of each trial what tells of costs."""
    for number in sorted(gathered.made.keys() | gathered.values.keys() | gathered.ends.keys()):
        stored = gathered.ends.get(number)
        yield TrialRecord(
            number,
            step=_step(gathered, number),
            end=None if stored is None else stored.end,
            attempts=tuple(gathered.attempts.get(number, ())),
        )


def _step(gathered: Gathered, number: int) -> int | None:
    """Return the highest step of a trial's newest attempt that is judged."""
    values = gathered.values.get(number)
    if values is None:
        return None
    newest = values.counted(math.inf)
    latest = newest.latest()
    return None if latest is None else gathered.study.terms.within(newest.steps[latest])

"""What the trainers of a trial's attempts have printed last."""

from __future__ import annotations

from espalier.views.gathered import Gathered
from espalier.views.plain import View, time_of


def output_view(gathered: Gathered, number: int) -> View:
    """Return what is kept of a trial's output: by attempt, the last one last."""
    return {
        "attempts": [
            {
                "attempt": each.attempt,
                "at": time_of(each.at),
                "text": each.text,
                "cut": each.cut,
            }
            for each in gathered.outputs(number)
        ]
    }

"""Bad budgets: what is wrong, and what is said about it and by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.api.bad import Bad, Spec


def _budget(**limits: Any) -> Callable[[Spec], object]:
    return lambda spec: spec.update(budget=limits)


BUDGETS = {
    "a budget with a clock and a deadline": Bad(
        _budget(wallClock={"hard": "1h"}, deadline={"hard": "2026-12-24T18:00:00Z"}),
        ("spec.budget.deadline", "wallClock and deadline say the same; keep one of them"),
        ("spec.budget.deadline", "expected wallClock or deadline, got both; keep one of them"),
    ),
    "a limit that is none": Bad(
        _budget(gpuHours={}),
        ("spec.budget.gpuHours", "a limit has soft, hard or both; add one of them"),
        ("spec.budget.gpuHours", "expected soft, hard or both, got neither; add one of them"),
    ),
    "soft hours beyond the hard ones": Bad(
        _budget(trialHours={"soft": 2, "hard": 1.5}),
        ("spec.budget.trialHours.soft", "soft may not be beyond hard; lower soft or raise hard"),
        ("spec.budget.trialHours.soft", "expected soft not to be beyond hard, got 2.0 and 1.5"),
    ),
    "a soft time beyond the hard one": Bad(
        _budget(wallClock={"soft": "2h", "hard": "119m59s"}),
        ("spec.budget.wallClock.soft", "soft may not be beyond hard; lower soft or raise hard"),
        ("spec.budget.wallClock.soft", "expected soft not to be beyond hard, got 2h and 119m59s"),
    ),
    "a soft deadline after the hard one": Bad(
        _budget(deadline={"soft": "2026-12-24T18:00:00Z", "hard": "2026-12-24T18:30:00+01:00"}),
        ("spec.budget.deadline.soft", "soft may not be beyond hard; lower soft or raise hard"),
        ("spec.budget.deadline.soft", "expected soft not to be beyond hard, got 2026-12-24"),
    ),
    "a time without a unit": Bad(
        _budget(wallClock={"hard": "20"}),
        ("spec.budget.wallClock.hard", "should match"),
        ("spec.budget.wallClock.hard", "expected a length of time such as 20h or 1h30m"),
    ),
    "a deadline that is no time": Bad(
        _budget(deadline={"hard": "tomorrow at noon"}),
        ("spec.budget.deadline.hard", "date-time"),
        ("spec.budget.deadline.hard", "expected a time such as 2026-12-24T18:00:00Z"),
    ),
    "hours below zero": Bad(
        _budget(gpuHours={"hard": -1}),
        ("spec.budget.gpuHours.hard", "greater than or equal to 0"),
        ("spec.budget.gpuHours.hard", "greater than or equal to 0"),
    ),
}

"""What a study may cost: limits at which it starts nothing more, and at which it ends what runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from espalier.api.base import Model
from espalier.declared.operands import At, Duration, Instant, Operand
from espalier.declared.predicates import Compare, Has, Or, absent
from espalier.declared.rule import Rule
from espalier.declared.times import DURATION, TIME, seconds_of_duration, seconds_of_time

MOST_HOURS = 1e8


def _duration(text: str) -> str:
    seconds_of_duration(text)
    return text


def _time(text: str) -> str:
    seconds_of_time(text)
    return text


Hours = Annotated[float, Field(ge=0, le=MOST_HOURS)]
DurationText = Annotated[
    str,
    AfterValidator(_duration),
    Field(json_schema_extra={"pattern": DURATION, "minLength": 2, "maxLength": 21}),
]
"""A length of time such as ``1h30m``."""
TimeText = Annotated[
    str,
    AfterValidator(_time),
    Field(json_schema_extra={"format": "date-time", "pattern": TIME, "maxLength": 35}),
]
"""A point in time."""


def _limit_rules(operand: Callable[[At], Operand]) -> tuple[Rule, ...]:
    soft, hard = operand(At("soft")), operand(At("hard"))
    return (
        Rule(
            condition=Or(Has(At("soft")), Has(At("hard"))),
            message="a limit has soft, hard or both; add one of them",
            expected=lambda _: "soft, hard or both, got neither",
            remedy="add one of them",
        ),
        Rule(
            condition=Or(absent("soft"), absent("hard"), Compare(soft, "<=", hard)),
            message="soft may not be beyond hard; lower soft or raise hard",
            expected=lambda given: (
                f"soft not to be beyond hard, got {given['soft']} and {given['hard']}"
            ),
            field=".soft",
            remedy="lower soft or raise hard",
        ),
    )


def _itself(field: At) -> Operand:
    return field


class HoursLimit(Model):
    """Limits in hours."""

    rules: ClassVar = _limit_rules(_itself)

    soft: Hours | None = None
    """From here on nothing is started; what runs goes on to its end."""
    hard: Hours | None = None
    """From here on what runs is ended, too."""


class WallClockLimit(Model):
    """Limits of the time since the study's start."""

    rules: ClassVar = _limit_rules(Duration)

    soft: DurationText | None = None
    """From here on nothing is started, such as ``20h``; what runs goes on to its end."""
    hard: DurationText | None = None
    """From here on what runs is ended, too."""


class DeadlineLimit(Model):
    """Limits as points in time."""

    rules: ClassVar = _limit_rules(Instant)

    soft: TimeText | None = None
    """From here on nothing is started; what runs goes on to its end."""
    hard: TimeText | None = None
    """From here on what runs is ended, too."""


class BudgetSpec(Model):
    """What a study may use. May be changed while it runs, and raised when it was met.

    Whichever limit is met first counts.
    """

    rules: ClassVar = (
        Rule(
            condition=Or(absent("wallClock"), absent("deadline")),
            message="wallClock and deadline say the same; keep one of them",
            expected=lambda _: "wallClock or deadline, got both",
            field=".deadline",
            remedy="keep one of them",
        ),
    )

    gpu_hours: HoursLimit | None = None
    """Accelerators that pods ask for, times the hours for which they hold a node."""
    trial_hours: HoursLimit | None = None
    """Hours for which pods hold a node, of all trials together."""
    wall_clock: WallClockLimit | None = None
    """Time since status.startTime, pauses included."""
    deadline: DeadlineLimit | None = None
    """Points in time, in place of wallClock."""

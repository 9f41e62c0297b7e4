"""What the numbers of a decision are: each reason calls them by names of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from espalier.pruning import Decision, Reason


class Stance(StrEnum):
    """What a reason says about the trial."""

    WAITING = "Waiting"
    """Nothing: it was not judged at this step."""
    COMPARED = "Compared"
    """It was held against a number that others or the settings gave."""
    FORESEEN = "Foreseen"
    """It was judged by where it was expected to end."""
    GUARD = "Guard"
    """A rule above every pruner spoke."""
    OVERRULED = "Overruled"
    """The pruner said prune, and something kept it."""
    COMBINED = "Combined"
    """Several pruners did not agree."""
    FOREIGN = "Foreign"
    """A pruner from outside Espalier has a reason of its own."""
    PERSON = "Person"
    """A person decided."""


class Measure(StrEnum):
    """What was held against the cut-off."""

    METRIC = "Metric"
    """A value of the objective's metric, in the user's sign."""
    PROBABILITY = "Probability"
    """A chance, between 0 and 1."""
    COUNT = "Count"
    """A number of values, or of trials."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Under which names a reason's evidence has what people ask for; empty where it has not.

    Parameters
    ----------
    kind
        What the reason says about the trial.
    value
        What was compared: the trial's own.
    cut_off
        What it was compared with.
    measure
        What the two are.
    peers
        How many trials took part.
    kept
        How many of these go on.
    rank
        The trial's place among them.
    leader
        The number of the trial that it was compared with.
    """

    kind: Stance
    value: str = ""
    cut_off: str = ""
    measure: Measure = Measure.METRIC
    peers: str = ""
    kept: str = ""
    rank: str = ""
    leader: str = ""


_WAITING = Roles(Stance.WAITING)
_PERCENTILE = Roles(Stance.COMPARED, "value", "threshold", peers="peers")
_SLACK = Roles(Stance.COMPARED, "value", "allowed", peers="peers")
_RUNG = Roles(Stance.COMPARED, "value", "threshold", peers="peers", kept="kept")
_PATIENT = Roles(Stance.COMPARED, "value", "before")
_P_VALUE = Roles(Stance.COMPARED, "p", "threshold", Measure.PROBABILITY, leader="leader")
_CHANCE = Roles(Stance.FORESEEN, "probability", "limit", Measure.PROBABILITY, leader="leader")
_TARGET = Roles(Stance.FORESEEN, "probability", "limit", Measure.PROBABILITY)
_BOUND = Roles(Stance.FORESEEN, "optimistic", "pessimistic", leader="leader")
_OVERRULED = Roles(Stance.OVERRULED)

ROLES: Mapping[Reason, Roles] = MappingProxyType(
    {
        Reason.NEVER_PRUNES: _WAITING,
        Reason.NOTHING_REPORTED: _WAITING,
        Reason.BEHIND_LATEST_STEP: _WAITING,
        Reason.START_UP: Roles(Stance.WAITING, "completed", "startupTrials", Measure.COUNT),
        Reason.WARM_UP: _WAITING,
        Reason.BETWEEN_CHECKS: _WAITING,
        Reason.BETWEEN_RUNGS: _WAITING,
        Reason.NO_HORIZON: _WAITING,
        Reason.TOO_FEW_PEERS: Roles(
            Stance.WAITING, "peers", "needed", Measure.COUNT, peers="peers"
        ),
        Reason.NO_LEADER: _WAITING,
        Reason.NOT_FINITE: Roles(Stance.WAITING, leader="leader"),
        Reason.TOO_FEW_STEPS: Roles(Stance.WAITING, "steps", "needed", Measure.COUNT),
        Reason.TOO_LITTLE_EVIDENCE: Roles(Stance.WAITING, "seen", "needed", Measure.COUNT),
        Reason.WITHIN_PERCENTILE: _PERCENTILE,
        Reason.WORSE_THAN_PERCENTILE: _PERCENTILE,
        Reason.WITHIN_SLACK: _SLACK,
        Reason.BEYOND_SLACK: _SLACK,
        Reason.WITHIN_BOUNDS: Roles(Stance.COMPARED, "value"),
        Reason.BELOW_LOWER: Roles(Stance.COMPARED, "value", "lower"),
        Reason.ABOVE_UPPER: Roles(Stance.COMPARED, "value", "upper"),
        Reason.STILL_IMPROVING: _PATIENT,
        Reason.PLATEAU: _PATIENT,
        Reason.TOP_OF_RUNG: _RUNG,
        Reason.BELOW_RUNG_CUT: _RUNG,
        Reason.WITHIN_NOISE: _RUNG,
        Reason.RUNG_BOOTSTRAP: Roles(
            Stance.COMPARED, "peers", "bootstrapCount", Measure.COUNT, peers="peers"
        ),
        Reason.NOT_SIGNIFICANTLY_WORSE: _P_VALUE,
        Reason.SIGNIFICANTLY_WORSE: _P_VALUE,
        Reason.BETTER_ON_AVERAGE: Roles(Stance.COMPARED, "mean", "leaderMean", leader="leader"),
        Reason.LIKELY_ENOUGH: _CHANCE,
        Reason.UNLIKELY_TO_WIN: _CHANCE,
        Reason.MAY_REACH_TARGET: _TARGET,
        Reason.UNLIKELY_TO_REACH_TARGET: _TARGET,
        Reason.WORTH_ITS_COST: _CHANCE,
        Reason.NOT_WORTH_ITS_COST: _CHANCE,
        Reason.BOUND_REACHES_LEADER: _BOUND,
        Reason.BOUND_BELOW_LEADER: _BOUND,
        Reason.DROPPED_BY_BUDGET: Roles(
            Stance.FORESEEN, "rank", "room", Measure.COUNT, kept="room", rank="rank"
        ),
        Reason.DIVERGED: Roles(Stance.GUARD, "nans", "", Measure.COUNT),
        Reason.BELOW_MINIMUM: Roles(Stance.GUARD, "value", "minimum"),
        Reason.LAST_STEP: _WAITING,
        Reason.AWAITING_PATIENCE: _OVERRULED,
        Reason.AMONG_BEST: _OVERRULED,
        Reason.PRUNING_PAUSED: _OVERRULED,
        Reason.PROTECTED: _OVERRULED,
        Reason.EXEMPT: _OVERRULED,
        Reason.RISK_SPENT: _OVERRULED,
        Reason.BREAKER_OPEN: _OVERRULED,
        Reason.PRUNED_BY_PERSON: Roles(Stance.PERSON),
        Reason.NONE_PRUNES: Roles(Stance.COMBINED, "votes", "pruners", Measure.COUNT),
        Reason.NOT_ALL_PRUNE: Roles(Stance.COMBINED, "votes", "pruners", Measure.COUNT),
        Reason.PLUGIN_KEEPS: Roles(Stance.FOREIGN),
        Reason.PLUGIN_PRUNES: Roles(Stance.FOREIGN),
    }
)
"""What the evidence of each reason says. `LAST_STEP` may stand above a pruner that says prune; then
the evidence names what was overruled, as that of the other guards does."""


_BY_NAME = {str(reason.value): reason for reason in Reason}


def overruled_of(decision: Decision) -> Reason | None:
    """Return for which reason the pruner said prune, where something kept the trial."""
    return _BY_NAME.get(str(decision.evidence.get("overruled", "")))


def roles_of(decision: Decision) -> Roles:
    """Return what the numbers of a decision are: where it was overruled, those of the pruner's."""
    return ROLES[overruled_of(decision) or decision.reason]


def stance_of(decision: Decision) -> Stance:
    """Return what a decision says about its trial."""
    return Stance.OVERRULED if overruled_of(decision) else ROLES[decision.reason].kind

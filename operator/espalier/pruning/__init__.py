"""Which trials to end early: ledger, decisions, pruners. Pure.

What is listed here is what a pruner of your own may rely on; what lies below may move.
"""

from __future__ import annotations

from espalier.pruning.contract import PrunerContract
from espalier.pruning.decisions.decision import Action, Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.direction import Direction
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.expected_ends import Leader
from espalier.pruning.history.ledger import Derived, Ledger
from espalier.pruning.history.own_value import OwnValue
from espalier.pruning.history.report import Receipt, Report, TrialState
from espalier.pruning.history.step_ranks import Match, Peers
from espalier.pruning.judge import (
    Judge,
    Verdict,
    as_judged,
    close_trial,
    follows_last_step,
    take_course,
    verdict_of,
)
from espalier.pruning.oversight.breaker import BreakerSettings
from espalier.pruning.oversight.guards import Guards, MinimumAcceptable
from espalier.pruning.oversight.restraint import Restraint
from espalier.pruning.oversight.summary import JudgeSummary, ShadowSummary
from espalier.pruning.oversight.wish import PERSON, Will, Wish
from espalier.pruning.pruners.auto.pruner import Auto
from espalier.pruning.pruners.bandit import Bandit
from espalier.pruning.pruners.base import Comparing, Gated, Pruner, Scheduled, SettingsError
from espalier.pruning.pruners.composition import AllOf, AnyOf
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.hyperband import Hyperband
from espalier.pruning.pruners.nop import Nop
from espalier.pruning.pruners.optional_parts import JudgesOthers, NeedsVotes, StatesRisk
from espalier.pruning.pruners.patient import Patient
from espalier.pruning.pruners.percentile import Median, Percentile
from espalier.pruning.pruners.posterior.pruner import Posterior
from espalier.pruning.pruners.risk_bearing import RiskBearing
from espalier.pruning.pruners.slack_to_best import SlackToBest
from espalier.pruning.pruners.successive_halving import SuccessiveHalving
from espalier.pruning.pruners.threshold import Threshold
from espalier.pruning.pruners.wilcoxon.pruner import Wilcoxon
from espalier.pruning.repeated_values import RepeatedValues, told_apart
from espalier.pruning.repeats import FIRST_REPEAT, MOST_REPEATS, Repeat, is_repeat, repeat_of
from espalier.pruning.terms import Terms

__all__ = [
    "FIRST_REPEAT",
    "MOST_REPEATS",
    "PERSON",
    "Action",
    "AllOf",
    "AnyOf",
    "Auto",
    "Bandit",
    "BreakerSettings",
    "Comparing",
    "Curve",
    "Decision",
    "Derived",
    "Direction",
    "Gated",
    "Goal",
    "Guards",
    "Hyperband",
    "Judge",
    "JudgeSummary",
    "JudgesOthers",
    "Leader",
    "Ledger",
    "Match",
    "Median",
    "MinimumAcceptable",
    "NeedsVotes",
    "Nop",
    "OwnValue",
    "Patient",
    "Peers",
    "Percentile",
    "Posterior",
    "Pruner",
    "PrunerContract",
    "Reason",
    "Receipt",
    "Repeat",
    "RepeatedValues",
    "Report",
    "Restraint",
    "RiskBearing",
    "Scheduled",
    "SettingsError",
    "ShadowSummary",
    "SlackToBest",
    "StatesRisk",
    "SuccessiveHalving",
    "Terms",
    "Threshold",
    "TrialState",
    "Verdict",
    "Wilcoxon",
    "Will",
    "Wish",
    "as_judged",
    "close_trial",
    "follows_last_step",
    "is_repeat",
    "repeat_of",
    "take_course",
    "told_apart",
    "verdict_of",
]

"""Which trials to end early: ledger, decisions, pruners. Pure."""

from espalier.pruning.breaker import BreakerSettings
from espalier.pruning.composition import All, Any
from espalier.pruning.curve import Curve
from espalier.pruning.decision import Action, Decision
from espalier.pruning.direction import Direction
from espalier.pruning.goal import Goal
from espalier.pruning.guards import Guards, MinimumAcceptable
from espalier.pruning.hyperband import Hyperband
from espalier.pruning.judge import Judge, Verdict, close_trial, verdict_of
from espalier.pruning.ledger import Derived, Ledger
from espalier.pruning.nop import Nop
from espalier.pruning.patient import Patient
from espalier.pruning.percentile import Median, Percentile
from espalier.pruning.pruner import OwnValue, Pruner, SettingsError
from espalier.pruning.reason import Reason
from espalier.pruning.report import Receipt, Report, TrialState
from espalier.pruning.restraint import Restraint
from espalier.pruning.step_ranks import Match, Peers
from espalier.pruning.successive_halving import SuccessiveHalving
from espalier.pruning.summary import JudgeSummary, ShadowSummary
from espalier.pruning.threshold import Threshold
from espalier.pruning.wilcoxon import Wilcoxon

__all__ = [
    "Action",
    "All",
    "Any",
    "BreakerSettings",
    "Curve",
    "Decision",
    "Derived",
    "Direction",
    "Goal",
    "Guards",
    "Hyperband",
    "Judge",
    "JudgeSummary",
    "Ledger",
    "Match",
    "Median",
    "MinimumAcceptable",
    "Nop",
    "OwnValue",
    "Patient",
    "Peers",
    "Percentile",
    "Pruner",
    "Reason",
    "Receipt",
    "Report",
    "Restraint",
    "SettingsError",
    "ShadowSummary",
    "SuccessiveHalving",
    "Threshold",
    "TrialState",
    "Verdict",
    "Wilcoxon",
    "close_trial",
    "verdict_of",
]

"""Which trials to end early: ledger, decisions, pruners. Pure."""

from espalier.pruning.decisions.decision import Action, Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.direction import Direction
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Derived, Ledger
from espalier.pruning.history.own_value import OwnValue
from espalier.pruning.history.report import Receipt, Report, TrialState
from espalier.pruning.history.step_ranks import Match, Peers
from espalier.pruning.judge import Judge, Verdict, close_trial, verdict_of
from espalier.pruning.oversight.breaker import BreakerSettings
from espalier.pruning.oversight.guards import Guards, MinimumAcceptable
from espalier.pruning.oversight.restraint import Restraint
from espalier.pruning.oversight.summary import JudgeSummary, ShadowSummary
from espalier.pruning.pruners.base import Pruner, SettingsError
from espalier.pruning.pruners.composition import All, Any
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.hyperband import Hyperband
from espalier.pruning.pruners.nop import Nop
from espalier.pruning.pruners.patient import Patient
from espalier.pruning.pruners.percentile import Median, Percentile
from espalier.pruning.pruners.successive_halving import SuccessiveHalving
from espalier.pruning.pruners.threshold import Threshold
from espalier.pruning.pruners.wilcoxon.pruner import Wilcoxon
from espalier.pruning.terms import Terms

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
    "Terms",
    "Threshold",
    "TrialState",
    "Verdict",
    "Wilcoxon",
    "close_trial",
    "verdict_of",
]

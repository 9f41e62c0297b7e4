"""The closed list of reasons for which a trial is kept or pruned."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a decision was taken.

    ``meaning`` explains the reason in general; ``template`` is the sentence about one decision,
    filled in from its evidence.
    """

    meaning: str
    template: str

    def __new__(cls, value: str, meaning: str, template: str) -> Reason:  # noqa: D102
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.meaning = meaning
        reason.template = template
        return reason

    # Not judged: the pruner has nothing to say at this step.
    NEVER_PRUNES = (
        "NeverPrunes",
        "The pruner is Nop.",
        "Kept: this study does not prune.",
    )
    NOTHING_REPORTED = (
        "NothingReported",
        "The trial has not reported a value.",
        "Kept: no value has been reported.",
    )
    BEHIND_LATEST_STEP = (
        "BehindLatestStep",
        "The value belongs to a step before the trial's latest one, which was judged already.",
        "Kept: step {step} is behind step {latest}, which was judged already.",
    )
    START_UP = (
        "StartUp",
        "Fewer trials have completed than startupTrials asks for.",
        "Kept: {completed} of {startupTrials} start-up trials have completed.",
    )
    WARM_UP = (
        "WarmUp",
        "The step is below warmupSteps.",
        "Kept: step {step} is in the warm-up, which lasts until step {warmupSteps}.",
    )
    BETWEEN_CHECKS = (
        "BetweenChecks",
        "The trial was judged already in this interval of intervalSteps.",
        "Kept: the next check is due at step {next}.",
    )
    BETWEEN_RUNGS = (
        "BetweenRungs",
        "No rung lies between the trial's previous step and this one.",
        "Kept: the next rung is at step {next}.",
    )
    NO_HORIZON = (
        "NoHorizon",
        "The pruner needs the largest step of a trial, and none was declared.",
        "Kept: {pruner} needs a largest step (maxResource or resource.max).",
    )
    TOO_FEW_PEERS = (
        "TooFewPeers",
        "Fewer trials can be compared with than minTrials asks for.",
        "Kept: {peers} trials to compare with at step {step}, {needed} are needed.",
    )
    NO_LEADER = (
        "NoLeader",
        "No trial has completed yet, so there is none to compare with.",
        "Kept: no trial has completed yet, so there is none to compare with.",
    )
    NOT_FINITE = (
        "NotFinite",
        "The trial or the one it is compared with has a value that is not finite.",
        "Kept: its values, or those of trial {leader}, are not all finite.",
    )
    TOO_FEW_STEPS = (
        "TooFewSteps",
        "The trial has reported too few values for the rule.",
        "Kept: {steps} values to judge by, {needed} are needed.",
    )
    TOO_LITTLE_EVIDENCE = (
        "TooLittleEvidence",
        "Too few trials have been seen beyond this step to say how curves go on from it.",
        "Kept: {seen} trials have been seen beyond step {step}, {needed} are needed.",
    )

    # Judged by comparison.
    WITHIN_PERCENTILE = (
        "WithinPercentile",
        "The trial's value is at least as good as the percentile of its peers.",
        "Kept: {value} at step {step} is no worse than {threshold}, the {percentile}th percentile"
        " of {peers} trials.",
    )
    WORSE_THAN_PERCENTILE = (
        "WorseThanPercentile",
        "The trial's value is worse than the percentile of its peers.",
        "Pruned: {value} at step {step} is worse than {threshold}, the {percentile}th percentile"
        " of {peers} trials.",
    )
    WITHIN_SLACK = (
        "WithinSlack",
        "The trial is no further behind the best peer than SlackToBest allows.",
        "Kept: {value} at step {step} is no worse than {allowed}, which the slack to {best}, the"
        " best of {peers} trials, allows.",
    )
    BEYOND_SLACK = (
        "BeyondSlack",
        "The trial is further behind the best peer than SlackToBest allows.",
        "Pruned: {value} at step {step} is worse than {allowed}, which the slack to {best}, the"
        " best of {peers} trials, allows.",
    )
    WITHIN_BOUNDS = (
        "WithinBounds",
        "The value lies within the bounds.",
        "Kept: {value} at step {step} is within the bounds.",
    )
    BELOW_LOWER = (
        "BelowLower",
        "The value is below the lower bound.",
        "Pruned: {value} at step {step} is below the lower bound {lower}.",
    )
    ABOVE_UPPER = (
        "AboveUpper",
        "The value is above the upper bound.",
        "Pruned: {value} at step {step} is above the upper bound {upper}.",
    )
    STILL_IMPROVING = (
        "StillImproving",
        "The trial has improved within its patience.",
        "Kept: the last {recent} values reach {value}; before them the best was {before}.",
    )
    PLATEAU = (
        "Plateau",
        "The trial has not improved within its patience.",
        "Pruned: the last {recent} values reach only {value}; before them the best was {before}.",
    )
    TOP_OF_RUNG = (
        "TopOfRung",
        "The trial is among the part of its rung that goes on.",
        "Kept: {value} is among the best {kept} of {peers} trials at rung {rung}"
        " (cut at {threshold}).",
    )
    BELOW_RUNG_CUT = (
        "BelowRungCut",
        "The trial is not among the part of its rung that goes on.",
        "Pruned: {value} is not among the best {kept} of {peers} trials at rung {rung}"
        " (cut at {threshold}).",
    )
    WITHIN_NOISE = (
        "WithinNoise",
        "The trial is not among the part of its rung that goes on, but might be by noise alone.",
        "Kept: {value} is not among the best {kept} of {peers} trials at rung {rung}"
        " (cut at {threshold}), but would be with {margin} more, which is noise.",
    )
    RUNG_BOOTSTRAP = (
        "RungBootstrap",
        "The rung holds no more trials than bootstrapCount: nothing goes beyond it yet.",
        "Pruned: rung {rung} holds {peers} trials; until it holds more than {bootstrapCount},"
        " none goes on.",
    )
    NOT_SIGNIFICANTLY_WORSE = (
        "NotSignificantlyWorse",
        "The paired test does not find the trial worse than the best completed one.",
        "Kept: p = {p} over {pairs} common steps with trial {leader}, not below {threshold}.",
    )
    SIGNIFICANTLY_WORSE = (
        "SignificantlyWorse",
        "The paired test finds the trial worse than the best completed one.",
        "Pruned: p = {p} over {pairs} common steps with trial {leader}, below {threshold}.",
    )
    BETTER_ON_AVERAGE = (
        "BetterOnAverage",
        "The test finds the trial worse, but its mean is no worse than the best completed one's.",
        "Kept: its mean {mean} is no worse than {leaderMean}, the mean of trial {leader}.",
    )

    # Judged by prediction.
    LIKELY_ENOUGH = (
        "LikelyEnough",
        "The probability of ending as the winner is not below the limit.",
        "Kept: it ends better than trial {leader} with probability {probability}, not below"
        " {limit}.",
    )
    UNLIKELY_TO_WIN = (
        "UnlikelyToWin",
        "The probability of ending as the winner is below the limit.",
        "Pruned: it ends better than trial {leader} with probability {probability}, below {limit}.",
    )
    MAY_REACH_TARGET = (
        "MayReachTarget",
        "The probability of reaching the target is not below the limit.",
        "Kept: it reaches the target {target} with probability {probability}, not below {limit}.",
    )
    UNLIKELY_TO_REACH_TARGET = (
        "UnlikelyToReachTarget",
        "The probability of reaching the target is below the limit.",
        "Pruned: it reaches the target {target} with probability {probability}, below {limit}.",
    )
    WORTH_ITS_COST = (
        "WorthItsCost",
        "Going on promises at least as much per unit of cost as a new trial.",
        "Kept: it wins with probability {probability}; going on is worth it from {limit}.",
    )
    NOT_WORTH_ITS_COST = (
        "NotWorthItsCost",
        "Going on promises less per unit of cost than a new trial.",
        "Pruned: it wins with probability {probability}; going on is worth it from {limit}.",
    )
    BOUND_REACHES_LEADER = (
        "BoundReachesLeader",
        "The optimistic bound at the horizon reaches the leader's pessimistic bound.",
        "Kept: it may end at {optimistic}, which reaches {pessimistic}, the least to expect of"
        " trial {leader}.",
    )
    BOUND_BELOW_LEADER = (
        "BoundBelowLeader",
        "The optimistic bound at the horizon does not reach the leader's pessimistic bound.",
        "Pruned: at best it ends at {optimistic}, short of {pessimistic}, the least to expect of"
        " trial {leader}.",
    )
    DROPPED_BY_BUDGET = (
        "DroppedByBudget",
        "The budget's schedule lets fewer trials go on, and this one is the least promising.",
        "Pruned: {spent} of the budget {budget} is spent, which leaves room for {room} trials;"
        " this one ranks {rank}.",
    )

    # Guards.
    DIVERGED = (
        "Diverged",
        "The trial reported NaN, and its training has diverged.",
        "Pruned: {nans} NaN in a row up to step {step}; training has diverged.",
    )
    BELOW_MINIMUM = (
        "BelowMinimum",
        "The trial's best value is still worse than the minimum acceptable value.",
        "Pruned: the best value up to step {step} is {value}; at least {minimum} is acceptable"
        " from step {fromStep}.",
    )
    LAST_STEP = (
        "LastStep",
        "The trial has done its last step: there is nothing left to save.",
        "Kept: step {step} is the last one.",
    )
    AWAITING_PATIENCE = (
        "AwaitingPatience",
        "The pruner says prune, but not yet as many times in a row as its patience asks for.",
        "Kept: the pruner said prune {votes} times in a row, {patience} are needed ({overruled}).",
    )
    AMONG_BEST = (
        "AmongBest",
        "The pruner says prune, but the trial is among the best of the study.",
        "Kept: the trial is among the best {keepBest} of the study ({overruled}).",
    )
    PRUNING_PAUSED = (
        "PruningPaused",
        "The pruner says prune, but spec.pruning.paused was true.",
        "Kept: pruning is paused by spec.pruning.paused ({overruled}).",
    )
    PROTECTED = (
        "Protected",
        "The pruner says prune, but the Trial is protected by the annotation espalier.dev/protect.",
        "Kept: the trial is protected by the annotation espalier.dev/protect ({overruled}).",
    )
    EXEMPT = (
        "Exempt",
        "The pruner says prune, but the trial is exempt: it shows how often pruning is wrong.",
        "Kept: the trial is exempt from pruning, to measure how often pruning is wrong"
        " ({overruled}).",
    )
    RISK_SPENT = (
        "RiskSpent",
        "The pruner says prune, but the study's stated risk would be exceeded.",
        "Kept: pruning costs a risk of {risk}; {left} of the stated {stated} is left"
        " ({overruled}).",
    )
    BREAKER_OPEN = (
        "BreakerOpen",
        "The pruner says prune, but the circuit breaker is open: an implausible share of the"
        " running trials was about to be pruned within a short time.",
        "Kept: the circuit breaker is open since {prunes} of {running} running trials were to be"
        " pruned within {seconds} s ({overruled}).",
    )

    # People.
    PRUNED_BY_PERSON = (
        "PrunedByPerson",
        "A person asked for it, by the annotation espalier.dev/prune of the Trial.",
        "Pruned: {by} asked for it: {why}",
    )

    # Composition and plug-ins.
    NONE_PRUNES = (
        "NonePrunes",
        "None of the pruners says prune.",
        "Kept: none of {pruners} pruners says prune.",
    )
    NOT_ALL_PRUNE = (
        "NotAllPrune",
        "Not all of the pruners say prune.",
        "Kept: {votes} of {pruners} pruners say prune.",
    )
    PLUGIN_KEEPS = (
        "PluginKeeps",
        "A pruner from outside Espalier keeps the trial for a reason of its own.",
        "Kept: {why}",
    )
    PLUGIN_PRUNES = (
        "PluginPrunes",
        "A pruner from outside Espalier prunes the trial for a reason of its own.",
        "Pruned: {why}",
    )


UNJUDGED = frozenset(
    {
        Reason.NOTHING_REPORTED,
        Reason.BEHIND_LATEST_STEP,
        Reason.START_UP,
        Reason.WARM_UP,
        Reason.BETWEEN_CHECKS,
        Reason.BETWEEN_RUNGS,
        Reason.NO_HORIZON,
    }
)
"""Reasons that say nothing about the trial itself; they neither count as a vote nor reset any."""

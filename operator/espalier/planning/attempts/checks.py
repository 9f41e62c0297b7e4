"""How an attempt whose trainer has ended did so: an ordered list of one-clause checks."""

from __future__ import annotations

from collections.abc import Callable

from espalier.api import reasons
from espalier.api.reasons import Ending
from espalier.planning.attempts import words
from espalier.planning.attempts.evidence import Attempt
from espalier.planning.ordered_checks import Check, first
from espalier.planning.workload.fittings.output import SHELL
from espalier.planning.world.kubelet_words import (
    DEADLINE,
    KILLED,
    NODE_GONE,
    NOT_STARTED,
    PREEMPTION,
    PRESSURE,
    REFUSED_FOR_GOOD,
    end_is_unknown,
)

_EVICTION = frozenset({"EvictionByEvictionAPI"})
_PREEMPTION = PREEMPTION | {"PreemptionByScheduler", "PreemptionByKubeScheduler"}
_NODE_LOST = NODE_GONE | {"DeletionByTaintManager", "DeletionByPodGC"}
_PRESSURE = PRESSURE | {"TerminationByKubelet"}
_COMMAND = ("not found", "no such file", "permission denied", "is a directory", "exec format")


def _exit_0(attempt: Attempt) -> bool:
    return attempt.exit_code == 0


def _killed(attempt: Attempt) -> bool:
    again = attempt.killed_before and attempt.exit_code != 0
    return attempt.exit_reason == KILLED or again


def _clean(attempt: Attempt) -> bool:
    return _exit_0(attempt) and not attempt.asked and not _killed(attempt)


def _exit_0_words(attempt: Attempt) -> str:
    if _killed(attempt):
        return "Exited with code 0 after the last step; one of its processes was killed for memory"
    if attempt.asked:
        return "Exited with code 0 after the last step, though it was told to end"
    helper = attempt.helper
    beside = f"; container {helper.name} exited with code {helper.exit_code}" if helper else ""
    return f"Exited with code 0{beside}"


def _over_its_limit(said: str) -> bool:
    """Whether an eviction is for the pod's own limits, and not for what its node is short of."""
    return "exceed" in said and " limit " in said


def _missing(reason: str, message: str) -> bool:
    """Whether the runtime speaks of the command, and not of a mount or a device of its node."""
    said = message.lower()
    return reason in NOT_STARTED and "exec" in said and any(word in said for word in _COMMAND)


def _helper_missing(attempt: Attempt) -> bool:
    helper = attempt.helper
    return helper is not None and _missing(helper.exit_reason, helper.exit_message)


def _helper_is(attempt: Attempt, *reasons_: str) -> bool:
    return attempt.helper is not None and attempt.helper.exit_reason in reasons_


_CORRECT = "; correct its command or args in spec.template."
_NO_SHELL = (
    f"; the image has no {SHELL}: have it there, or correct command in spec.template. A collector "
    "of type Output needs it too; type Log, with a file, does not."
)


def _check(
    name: str,
    sentence: str,
    holds: Callable[[Attempt], bool],
    ending: Ending,
    words: Callable[[Attempt], str],
) -> Check[Attempt, Ending]:
    return Check(name, sentence, holds, ending, words)


ATTEMPT_CHECKS: tuple[Check[Attempt, Ending], ...] = (
    _check(
        "ExitedUnaskedWithoutValue",
        "The trainer exited with code 0 of its own accord, and no finite value came.",
        lambda a: _clean(a) and not a.valued,
        reasons.NO_METRIC,
        _exit_0_words,
    ),
    _check(
        "ExitedUnasked",
        "The trainer exited with code 0 of its own accord.",
        _clean,
        reasons.COMPLETED,
        _exit_0_words,
    ),
    _check(
        "ExitedAfterTheLastStep",
        "The trainer exited with code 0 after the last step, whatever befell it then.",
        lambda a: _exit_0(a) and a.reached_end and a.valued,
        reasons.COMPLETED,
        _exit_0_words,
    ),
    _check(
        "JobSuspended",
        "Its Job was suspended under it.",
        lambda a: a.suspended,
        reasons.SUSPENDED,
        lambda a: f"Pod {a.name} ended when its Job was suspended.",
    ),
    _check(
        "PodDeadline",
        "The kubelet ended the pod for its activeDeadlineSeconds.",
        lambda a: DEADLINE in (a.kubelet, a.exit_reason),
        reasons.TIME_LIMIT_EXCEEDED,
        lambda a: (
            f"Pod {a.name} was ended for its own activeDeadlineSeconds: {a.said or DEADLINE}; "
            "raise it in spec.template, or leave it out and set spec.trials.timeLimitSeconds."
        ),
    ),
    _check(
        "Evicted",
        "The pod was evicted through the eviction API, as a drain does.",
        lambda a: a.disruption in _EVICTION,
        reasons.EVICTED,
        words.disrupted,
    ),
    _check(
        "Preempted",
        "The pod was preempted.",
        lambda a: a.disruption in _PREEMPTION,
        reasons.PREEMPTED,
        words.disrupted,
    ),
    _check(
        "NodeLost",
        "The pod's node went away, was shut down or was tainted.",
        lambda a: a.disruption in _NODE_LOST,
        reasons.NODE_LOST,
        words.disrupted,
    ),
    _check(
        "StorageExceeded",
        "The kubelet ended the pod because it took more local storage than its own limits.",
        lambda a: a.disruption in _PRESSURE and _over_its_limit(a.said),
        reasons.STORAGE_EXCEEDED,
        lambda a: words.of_pod(
            a.name, f"{a.said.strip()} Raise that limit, or write less to local disks."
        ),
    ),
    _check(
        "NodePressure",
        "The kubelet ended the pod because its node was short of a resource.",
        lambda a: a.disruption in _PRESSURE,
        reasons.NODE_PRESSURE,
        words.disrupted,
    ),
    _check(
        "KubeletRefused",
        "The kubelet refused the pod before any container was started.",
        lambda a: bool(a.disruption) and not a.started,
        reasons.KUBELET_REFUSED,
        words.disrupted,
    ),
    _check(
        "OtherDisruption",
        "The pod was disrupted in a way that has no reason of its own here.",
        lambda a: bool(a.disruption),
        reasons.NODE_LOST,
        words.disrupted,
    ),
    _check(
        "NodeRebooted",
        "The node does not know how the trainer ended, as after a reboot.",
        lambda a: end_is_unknown(a.exit_reason),
        reasons.NODE_LOST,
        lambda a: words.of_pod(
            a.name, f"its node has lost sight of the trainer ({a.exit_reason}), as after a reboot."
        ),
    ),
    _check(
        "PodDeleted",
        "Somebody deleted the pod before its trainer had ended.",
        lambda a: a.deleted,
        reasons.POD_DELETED,
        lambda a: f"Someone deleted pod {a.name}.",
    ),
    _check(
        "RefusedForGood",
        "The kubelet refused what the pod asks for.",
        lambda a: bool(REFUSED_FOR_GOOD & {a.kubelet, a.exit_reason}),
        reasons.POD_REFUSED,
        lambda a: words.of_pod(a.name, f"{a.kubelet}: {a.said}; correct spec.template."),
    ),
    _check(
        "CommandMissing",
        "The trainer's command does not exist or cannot be executed.",
        lambda a: _missing(a.exit_reason, a.exit_message),
        reasons.BAD_COMMAND,
        lambda a: (
            f"The trainer could not be started{words.last_line(a.exit_message)}"
            f"{_NO_SHELL if SHELL in a.exit_message else _CORRECT}"
        ),
    ),
    _check(
        "StartFailed",
        "The trainer's container could not be started.",
        lambda a: a.exit_reason in NOT_STARTED,
        reasons.START_FAILED,
        lambda a: f"The trainer could not be started{words.last_line(a.exit_message)}",
    ),
    _check(
        "OutOfMemory",
        "The trainer's container was killed for its memory, whatever its exit code.",
        _killed,
        reasons.OUT_OF_MEMORY,
        lambda a: (
            "The trainer was killed for using more memory than its limit"
            f"{' and its container exited with code 0' if _exit_0(a) else ''}; raise "
            "resources.limits.memory in spec.template, or train with less."
        ),
    ),
    _check(
        "TrainerFailed",
        "The trainer exited with another code than 0.",
        lambda a: a.exit_code not in (None, 0),
        reasons.TRAINER_FAILED,
        words.failed,
    ),
    _check(
        "HelperCommandMissing",
        "The command of another container does not exist or cannot be executed.",
        _helper_missing,
        reasons.BAD_COMMAND,
        lambda a: f"{words.helper_not_started(a)}{_CORRECT}",
    ),
    _check(
        "HelperStartFailed",
        "Another container could not be started.",
        lambda a: _helper_is(a, *NOT_STARTED),
        reasons.START_FAILED,
        words.helper_not_started,
    ),
    _check(
        "HelperOutOfMemory",
        "Another container was killed for its memory, and the trainer did not end by itself.",
        lambda a: _helper_is(a, KILLED),
        reasons.OUT_OF_MEMORY,
        lambda a: (
            f"Container {a.helper.name if a.helper else ''} was killed for using more memory than "
            "its limit; raise resources.limits.memory in spec.template."
        ),
    ),
    _check(
        "HelperFailed",
        "Another container failed, and the trainer did not end by itself.",
        lambda a: a.helper is not None and not end_is_unknown(a.helper.exit_reason),
        reasons.TRAINER_FAILED,
        words.helper_failed,
    ),
    _check(
        "NotSeen",
        "Nothing tells how the trainer ended.",
        lambda _: True,
        reasons.END_NOT_SEEN,
        lambda a: words.of_pod(a.name, f"nothing tells how its trainer ended. {a.said}".strip()),
    ),
)
"""The first that holds decides."""


def how_ended(attempt: Attempt) -> Check[Attempt, Ending]:
    """Return the check that tells how an attempt ended."""
    found = first(ATTEMPT_CHECKS, attempt)
    assert found is not None
    return found

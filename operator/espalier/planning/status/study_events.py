"""Events about a Study, made from what changes in its conditions: none is posted twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from espalier.api.reasons import StudyCondition, StudyReason
from espalier.planning.effects import EmitEvent
from espalier.planning.world.snapshot import StudyView
from espalier.planning.world.status_words import condition_of

Condition = Mapping[str, Any]

STARTED = "Started"
RECOVERED = "Recovered"


def events_of(study: StudyView, wanted: Mapping[str, Any]) -> Iterator[EmitEvent]:
    """Yield the Events that belong to a write of the Study's status.

    Parameters
    ----------
    study
        With the status as it is.
    wanted
        The status as it will be.
    """
    for type_, said in _SAID.items():
        old = condition_of(study.status, type_) or {}
        new = condition_of(wanted, type_) or {}
        if (found := said(old, new)) is not None:
            warning, reason, message = found
            yield EmitEvent("Study", study.name, study.uid, warning, reason, message)
    if wanted.get("startTime") and not study.status.get("startTime"):
        message = "The spec is accepted; trials are started."
        yield EmitEvent("Study", study.name, study.uid, False, STARTED, message)


Said = tuple[bool, str, str]


def _accepted(old: Condition, new: Condition) -> Said | None:
    if new.get("status") == "Unknown" or not _changed(old, new):
        return None
    return new["status"] == "False", new["reason"], new["message"]


def _progressing(old: Condition, new: Condition) -> Said | None:
    """Tell of pauses that the user has asked for and of their end, and when finalists start."""
    if new.get("reason") == StudyReason.REPEATING and _changed(old, new):
        return False, new["reason"], new["message"]
    paused = ("Suspended", "ScaledToZero")
    was, now = old.get("reason") in paused, new.get("reason") in paused
    if (now and _changed(old, new)) or (was and new.get("status") == "True"):
        return False, new["reason"], new["message"]
    return None


def _degraded(old: Condition, new: Condition) -> Said | None:
    if not _changed(old, new):
        return None
    if new.get("reason") == StudyReason.REFUSED:  # which Accepted tells
        return None
    if new["status"] == "True":
        return True, new["reason"], new["message"]
    return (False, RECOVERED, new["message"]) if old.get("status") == "True" else None


def _succeeded(old: Condition, new: Condition) -> Said | None:
    if new.get("status") == "Unknown" or not _changed(old, new):
        return None
    return new["status"] == "False", new["reason"], new["message"]


def _budget(old: Condition, new: Condition) -> Said | None:
    """Tell when a limit is met, and when one that was is not any more."""
    if not _changed(old, new) or (new.get("status") == "False" and old.get("status") != "True"):
        return None
    return new["status"] == "True", new["reason"], new["message"]


def _branches(old: Condition, new: Condition) -> Said | None:
    """Tell what was closed, each time that something else is, and when all is open again."""
    if old.get("message") == new.get("message"):
        return None
    if new.get("status") == "True" or old.get("status") == "True":
        return False, new["reason"], new["message"]
    return None


def _changed(old: Condition, new: Condition) -> bool:
    return (old.get("status"), old.get("reason")) != (new.get("status"), new.get("reason"))


_SAID = {
    StudyCondition.ACCEPTED: _accepted,
    StudyCondition.PROGRESSING: _progressing,
    StudyCondition.DEGRADED: _degraded,
    StudyCondition.SUCCEEDED: _succeeded,
    StudyCondition.BRANCHES_CLOSED: _branches,
    StudyCondition.BUDGET_SPENT: _budget,
}

"""How commands are told which trial: by the name of its Trial, with its namespace or without."""

from __future__ import annotations

import re
from dataclasses import dataclass

from espalier.cli.study_name import StudyName, read_study_name
from espalier.errors import UsageError

_NUMBERED = re.compile(r"(?P<study>.+)-(?P<number>\d{1,9})")


@dataclass(frozen=True, slots=True)
class TrialName:
    """A trial's name, and what it tells.

    Parameters
    ----------
    namespace, name
        The Trial object's.
    study, number
        Those that a sampled trial's name tells; None where somebody chose the name himself.
    """

    namespace: str
    name: str
    study: StudyName | None
    number: int | None


def read_trial_name(
    text: str, namespace: str | None = None, default: str | None = None
) -> TrialName:
    """Read NAME or NAMESPACE/NAME of a Trial.

    Parameters
    ----------
    namespace
        What was given with -n.
    default
        Where it is if neither says so.

    Raises
    ------
    UsageError
        If it is no such name.
    """
    try:
        found = read_study_name(text, namespace, default)
    except UsageError as error:
        if error.field != "STUDY":
            raise
        raise UsageError(
            "TRIAL", f"expected NAME or NAMESPACE/NAME of a trial, got {text[:80]!r}"
        ) from error
    parts = _NUMBERED.fullmatch(found.name)
    if parts is None:
        return TrialName(found.namespace, found.name, None, None)
    study = StudyName(found.namespace, parts["study"])
    return TrialName(found.namespace, found.name, study, int(parts["number"]))

"""Names of labels, annotations, containers, volumes and objects that Espalier writes."""

from __future__ import annotations

import hashlib

from espalier.api.checks.template import AUDIENCE as AUDIENCE
from espalier.api.checks.template import SIDECAR as SIDECAR
from espalier.api.checks.template import TOKEN_VOLUME as TOKEN_VOLUME
from espalier.api.checks.template import VOLUME as VOLUME
from espalier.pruning.repeats import MOST_REPEATS, Repeat, repeat_of

DOMAIN = "espalier.dev"
API_VERSION = f"{DOMAIN}/v1alpha1"

STUDY_LABEL = f"{DOMAIN}/study"
STUDY_UID_LABEL = f"{DOMAIN}/study-uid"
TRIAL_LABEL = f"{DOMAIN}/trial"
NUMBER_LABEL = f"{DOMAIN}/trial-number"
KUEUE = "kueue.x-k8s.io"
QUEUE_LABEL = f"{KUEUE}/queue-name"
WORKLOAD_OF_LABEL = f"{KUEUE}/job-uid"

TEMPLATE_ANNOTATION = f"{DOMAIN}/template"
SUSPENDED_ANNOTATION = f"{DOMAIN}/suspended"
PROTECT_ANNOTATION = f"{DOMAIN}/protect"
PRUNE_ANNOTATION = f"{DOMAIN}/prune"
BY_ANNOTATION = f"{DOMAIN}/by"

PODS_OF = "pods of"
"""Stands for a plural where it is known that the Job of a name has no pods."""

MOUNT = "/espalier"
REPORT_LIBRARY = f"{MOUNT}/python"
TOKEN_MOUNT = "/var/run/secrets/espalier"

FIRST_HAND_MADE = 1_000_000
"""Trials made by hand are numbered from here on, so that they take no sampled number's place."""

_LABEL_LIMIT = 63
_LONGEST_ORDINAL = 6
_LONGEST_REPEAT = 10


def trial_name(study: str, number: int) -> str:
    """Return the name of a sampled Trial, or of a finalist's repeat."""
    repeat = repeat_of(number)
    if repeat is None:
        return f"{study}-{number}"
    # Not "-r2": so a Trial's second Job is called.
    return f"{study}-{repeat.of}r{repeat.index}"


def repeat_number(study: str, name: str) -> int | None:
    """Return the number that a repeat of this name has; None if none has this name."""
    stem, _, last = name.rpartition("-")
    of, letter, index = last.partition("r")
    if stem != study or not letter or len(last) > _LONGEST_REPEAT:
        return None
    if not all(each.isascii() and each.isdecimal() for each in (of, index)):
        return None
    repeat = Repeat(int(of), int(index))
    known = 1 <= repeat.index <= MOST_REPEATS and trial_name(study, repeat.number) == name
    return repeat.number if known else None


def called(number: int) -> str:
    """Return what a trial is called in a sentence."""
    repeat = repeat_of(number)
    return f"trial {number}" if repeat is None else f"repeat {repeat.index} of trial {repeat.of}"


def titled(number: int) -> str:
    """Return what a trial is called at the start of a sentence."""
    return called(number).capitalize()


def sampled_number(study: str, name: str) -> int | None:
    """Return the number that a sampled Trial of this name has; None if none has this name."""
    stem, _, digits = name.rpartition("-")
    if stem != study or not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        return None
    number = int(digits)
    return number if trial_name(study, number) == name else None


def job_name(trial: str, again: int = 0) -> str:
    """Return the name of a Trial's Job, short enough for the label that Kubernetes makes of it.

    Parameters
    ----------
    again
        How many Jobs the Trial has had before this one.
    """
    suffix = f"-r{again}" if again else ""
    return _shortened(trial, _LABEL_LIMIT - len(suffix)) + suffix


def job_ordinal(trial: str, job: str) -> int | None:
    """Return how many Jobs a Trial had before the one of this name; None if it has no such Job."""
    if job == job_name(trial):
        return 0
    _, _, count = job.rpartition("-r")
    if not (count.isascii() and count.isdecimal()) or len(count) > _LONGEST_ORDINAL:
        return None
    ordinal = int(count)
    return ordinal if ordinal > 0 and job == job_name(trial, ordinal) else None


def label_value(name: str) -> str:
    """Return a name as a label's value: itself, or cut and told apart by a digest if too long."""
    return _shortened(name, _LABEL_LIMIT)


def _shortened(name: str, limit: int) -> str:
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('-.')}-{digest}"

"""The Trial object, and the labels and the owner of all that is a trial's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from espalier.planning.workload.kind import Manifest
from espalier.planning.world import names
from espalier.pruning import repeat_of

if TYPE_CHECKING:
    from espalier.planning.world.snapshot import StudyView


def labels_of(study: StudyView, trial: str, number: int) -> dict[str, str]:
    """Return the labels of a trial's objects."""
    return {
        names.STUDY_LABEL: study.name,
        names.STUDY_UID_LABEL: study.uid,
        names.TRIAL_LABEL: names.label_value(trial),
        names.NUMBER_LABEL: str(number),
    }


def build_trial(study: StudyView, number: int, parameters: Mapping[str, Any]) -> Manifest:
    """Return the Trial object of a sampled configuration, or of a finalist's repeat."""
    repeat = repeat_of(number)
    which: Manifest = {"number": number}
    if repeat is not None:
        which = {"repeat": {"of": repeat.of, "index": repeat.index}}
    name = names.trial_name(study.name, number)
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Trial",
        "metadata": {
            "name": name,
            "namespace": study.namespace,
            "labels": labels_of(study, name, number),
            "ownerReferences": [owner(names.API_VERSION, "Study", study.name, study.uid)],
        },
        "spec": {
            "study": {"name": study.name, "uid": study.uid},
            **which,
            "parameters": dict(parameters),
        },
    }


def owner(api_version: str, kind: str, name: str, uid: str) -> Manifest:
    """Return a controlling owner reference."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }

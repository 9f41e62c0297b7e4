"""What a Study says to Kueue: all of it reaches each Job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from espalier.errors import SpecError
from espalier.planning.world.names import KUEUE, QUEUE_LABEL

if TYPE_CHECKING:
    from espalier.planning.world.snapshot import StudyView


def is_for_kueue(key: str) -> bool:
    """Whether a label or annotation is Kueue's, such as ``provreq.kueue.x-k8s.io/...``."""
    domain, slash, _ = key.partition("/")
    return bool(slash) and (domain == KUEUE or domain.endswith(f".{KUEUE}"))


def queue_labels(study: StudyView) -> dict[str, str]:
    """Return the labels for Kueue of a Study and of its template.

    Raises
    ------
    SpecError
        If the two differ.
    """
    return _together(study, "labels", study.labels)


def queue_annotations(study: StudyView) -> dict[str, str]:
    """Return the annotations for Kueue of a Study and of its template.

    Raises
    ------
    SpecError
        If the two differ.
    """
    return _together(study, "annotations", study.annotations)


def is_queued(study: StudyView) -> bool:
    """Whether a queue says when the study's Jobs run."""
    template = {} if study.spec is None else study.spec.template
    labels = (template.get("metadata") or {}).get("labels") or {}
    return bool(study.labels.get(QUEUE_LABEL) or labels.get(QUEUE_LABEL))


def _together(study: StudyView, where: str, given: Mapping[str, str]) -> dict[str, str]:
    assert study.spec is not None
    inner = (study.spec.template.get("metadata") or {}).get(where) or {}
    found = {key: value for key, value in inner.items() if is_for_kueue(key)}
    for key, value in given.items():
        if not is_for_kueue(key):
            continue
        if found.setdefault(key, value) != value:
            raise SpecError(
                f"spec.template.metadata.{where}[{key}]",
                f"expected what metadata.{where} of the Study says ({value}), got {found[key]}; "
                "say it in one place",
            )
    return found

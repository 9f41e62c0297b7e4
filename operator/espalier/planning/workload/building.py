"""The object that runs a trial, of whichever kind its Study asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espalier.errors import SpecError
from espalier.planning.workload.kind import Manifest, WorkloadOrder
from espalier.planning.workload.pod_template import equipped
from espalier.planning.workload.registry import kind_of
from espalier.planning.workload.trial import labels_of, owner
from espalier.planning.world import names
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.queueing import is_queued, queue_annotations, queue_labels
from espalier.planning.world.snapshot import TrialView

if TYPE_CHECKING:
    from espalier.planning.world.settings import OperatorSettings
    from espalier.planning.world.snapshot import StudyView


def build_workload(
    study: StudyView,
    trial: TrialView,
    number: int,
    settings: OperatorSettings,
    *,
    name: str | None = None,
) -> Manifest:
    """Return the object that runs a trial.

    Parameters
    ----------
    name
        Of the object, if it is not the trial's first.

    Raises
    ------
    SpecError
        If none can be made of the template, or it uses what the operator does not allow.
    """
    spec = study.spec
    if spec is None:
        raise SpecError("spec", study.error or "the Study cannot be read")
    workload = kind_of(spec)
    controller = f"the {workload.kind.name} controller"
    controllers = dict.fromkeys(workload.controllers_labels, controller)
    template = equipped(study, spec, trial, number, settings, controllers)
    annotations = {names.TEMPLATE_ANNOTATION: str(fingerprint(spec.template))}
    metadata = {
        "name": name or names.job_name(trial.name),
        "namespace": study.namespace,
        "labels": {**labels_of(study, trial.name, number), **queue_labels(study)},
        "annotations": {**annotations, **queue_annotations(study)},
        "ownerReferences": [owner(names.API_VERSION, "Trial", trial.name, trial.uid)],
    }
    return workload.build(template, WorkloadOrder(metadata, spec.trials.retries, is_queued(study)))


def probe_workload(study: StudyView, settings: OperatorSettings) -> Manifest:
    """Return the object that the first trial would have, without parameters.

    It stands for all of the study's: what the API server has against it is the template's fault.

    Raises
    ------
    SpecError
        If none can be made of the template.
    """
    first = TrialView(uid=study.uid, name=f"{study.name}-0", number=0, parameters={})
    return build_workload(study, first, 0, settings)

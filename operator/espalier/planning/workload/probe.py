"""A Job that stands for all of a study's: what the API server has against it is the template's."""

from __future__ import annotations

from espalier.planning.workload.job import Manifest, build_job
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import StudyView, TrialView


def probe_job(study: StudyView, settings: OperatorSettings) -> Manifest:
    """Return the Job that the first trial would have, without parameters.

    Raises
    ------
    SpecError
        If no Job can be made of the template.
    """
    first = TrialView(uid=study.uid, name=f"{study.name}-0", number=0, parameters={})
    return build_job(study, first, 0, settings)

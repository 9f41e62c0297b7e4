"""From a Study to its blueprint: all that is worked out of its spec, before anything has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espalier.api import space_of, trainer_of
from espalier.errors import SpecError
from espalier.planning.workload.building import probe_workload
from espalier.planning.workload.kind import Manifest
from espalier.planning.world.blueprint import NO_BLUEPRINT, Blueprint
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.pruner_lookup import pruner_lookup_of
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import StudyView
from espalier.planning.world.study_search import search_of
from espalier.planning.world.warm_start import warm_start_of

if TYPE_CHECKING:
    from espalier.api import StudySpec


def blueprint_of(study: StudyView, settings: OperatorSettings) -> Blueprint:
    """Work out what a Study means; it depends on what its Jobs are made of, and nothing else."""
    spec = study.spec
    if spec is None:
        return NO_BLUEPRINT
    probe, fault = _probe(study, settings)
    search = search_of(spec, space_of(spec.parameters))
    return Blueprint(
        spec=spec,
        trainer=_trainer(spec),
        template=fingerprint(spec.template),
        search=search,
        warm_start=warm_start_of(spec, search.space),
        pruner=pruner_lookup_of(spec),
        by_number=search.by_number,
        size=search.sampler.size(search.space) if search.by_number else None,
        probe=probe,
        probe_hash=fingerprint(probe) if probe else 0,
        fault=fault,
    )


def _trainer(spec: StudySpec) -> str:
    try:
        return trainer_of(spec.template, spec.trainer_container)
    except SpecError:
        return ""


def _probe(study: StudyView, settings: OperatorSettings) -> tuple[Manifest, str]:
    """Return the Job that stands for all of the study's, or why none can be made."""
    try:
        return probe_workload(study, settings), study.error or ""
    except SpecError as error:
        return {}, study.error or str(error)

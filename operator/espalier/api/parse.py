"""From plain objects, as the API server gives them, to checked models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from espalier.api.checks.configurations import check_enqueued, check_warm_start
from espalier.api.checks.rules import check_rules
from espalier.api.checks.space import check_space
from espalier.api.checks.template import check_template, trainer_of
from espalier.api.collectors import CollectorSpec
from espalier.api.parameters import space_of
from espalier.api.profile import PrunerProfile
from espalier.api.resources import ResourcesSpec, check_resources
from espalier.api.study import Study, StudySpec
from espalier.api.trial import Trial
from espalier.api.validation import M, checked_json
from espalier.errors import SpecError


def parse_study(obj: Mapping[str, Any]) -> Study:
    """Return the Study that a plain object describes, with all its defaults.

    Checks everything that the API server's rules check, and what they cannot express: values of
    conditions, the pod template, regular expressions.

    Raises
    ------
    SpecError
        For the first field at fault: its path, what was expected, what came, and the remedy.
    """
    study = _read(Study, obj)
    check_rules(study, "")
    spec = study.spec
    check_space(spec.parameters, spec.sampler)
    check_enqueued(space_of(spec.parameters), spec.enqueue)
    if spec.warm_start is not None:
        check_warm_start(space_of(spec.parameters), spec.warm_start)
    check_template(spec.template)
    trainer_of(spec.template, spec.trainer_container)
    if spec.sidecar.resources is not None:
        check_resources(spec.sidecar.resources, "spec.sidecar.resources")
    return study


def parse_recorded_spec(obj: Mapping[str, Any]) -> StudySpec:
    """Return what a recorded spec says of a study's search; the rest of it is not checked.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    spec = _read(StudySpec, obj)
    check_space(spec.parameters, spec.sampler)
    return spec


def parse_trial(obj: Mapping[str, Any]) -> Trial:
    """Return the Trial that a plain object describes.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    return _read(Trial, obj)


def parse_profile(obj: Mapping[str, Any]) -> PrunerProfile:
    """Return the PrunerProfile that a plain object describes.

    Whether it suits a Study depends on that, too.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    profile = _read(PrunerProfile, obj)
    check_rules(profile, "")
    return profile


def parse_resources(obj: Mapping[str, Any]) -> ResourcesSpec:
    """Return the sidecar's requests and limits that a plain object describes.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    resources = _read(ResourcesSpec, obj)
    check_resources(resources, "resources")
    return resources


def parse_collector(obj: Mapping[str, Any]) -> CollectorSpec:
    """Return the collector that a plain object describes: a Study's `spec.collector`.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    collector = _read(CollectorSpec, obj)
    check_rules(collector, "collector")
    return collector


def _read(model: type[M], obj: Mapping[str, Any]) -> M:
    try:
        text = json.dumps(obj, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(
            "", f"expected an object that JSON can hold, got {error}; write plain finite values"
        ) from error
    return checked_json(model, text)

"""From plain objects, as the API server gives them, to checked models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from espalier.api.base import Model
from espalier.api.checks.collecting import Faults, caught, raise_first
from espalier.api.checks.configurations import check_warm_start, enqueued_faults
from espalier.api.checks.rules import check_rules, rule_faults
from espalier.api.checks.space import check_space, space_faults
from espalier.api.checks.template import template_faults, trainer_of
from espalier.api.collectors import CollectorSpec
from espalier.api.parameters import space_of
from espalier.api.profile import PrunerProfile
from espalier.api.resources import ResourcesSpec, check_resources
from espalier.api.study import Study, StudySpec
from espalier.api.trial import Trial
from espalier.api.validation import M, all_faults, checked_json, model_in
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
    raise_first(_faults(study))
    return study


def study_faults(obj: Mapping[str, Any]) -> list[SpecError]:
    """Return all that is wrong with a Study, each field at fault once: what `parse_study` checks.

    What follows from a fault, such as a condition on a parameter that cannot be read, is looked at
    once that is corrected.
    """
    try:
        text = _text(obj)
    except SpecError as error:
        return [error]
    found = all_faults(Study, text)
    if not found:
        return list(_faults(_read(Study, obj)))
    spec = obj.get("spec")
    if not isinstance(spec, Mapping):
        return found
    for path, model, part in _parts(spec):
        if not any(each.field.startswith(path) for each in found):
            found += rule_faults(_read(model, part), path)
    known = {each.field for each in found}
    template = spec.get("template")
    if isinstance(template, Mapping):
        found += [each for each in template_faults(template) if each.field not in known]
    return found


def _parts(spec: Mapping[str, Any]) -> Iterator[tuple[str, type[Model], Mapping[str, Any]]]:
    """Iterate over the parts of a spec that are models: where each stands, and what it says."""
    for name, field in StudySpec.model_fields.items():
        alias, model = field.alias or name, model_in(field.annotation)
        said = spec.get(alias)
        if model is None:
            continue
        if isinstance(said, Mapping):
            yield f"spec.{alias}", model, said
        elif isinstance(said, list):
            for index, each in enumerate(said):
                if isinstance(each, Mapping):
                    yield f"spec.{alias}[{index}]", model, each


def _faults(study: Study) -> Faults:
    sound = True
    for fault in rule_faults(study, ""):
        sound = False
        yield fault
    spec = study.spec
    if sound:
        for fault in space_faults(spec.parameters, spec.sampler):
            sound = False
            yield fault
    if sound:
        yield from enqueued_faults(space_of(spec.parameters), spec.enqueue)
        if spec.warm_start is not None:
            space = space_of(spec.parameters)
            yield from caught(check_warm_start, space, spec.warm_start)
    sound = True
    for fault in template_faults(spec.template):
        sound = False
        yield fault
    if sound:
        yield from caught(trainer_of, spec.template, spec.trainer_container)
    if spec.sidecar.resources is not None:
        path = "spec.sidecar.resources"
        yield from caught(check_resources, spec.sidecar.resources, path)


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
    return checked_json(model, _text(obj))


def _text(obj: Mapping[str, Any]) -> str:
    try:
        return json.dumps(obj, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(
            "", f"expected an object that JSON can hold, got {error}; write plain finite values"
        ) from error

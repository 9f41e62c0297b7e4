"""From plain objects, as the API server gives them, to checked models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from espalier.api.checks.log_pattern import check_log_pattern
from espalier.api.checks.pruner import check_pruner
from espalier.api.checks.space import check_space
from espalier.api.checks.template import check_template, trainer_of
from espalier.api.resources import ResourcesSpec, check_resources
from espalier.api.study import MAX_STUDY_NAME, CollectorSpec, Study
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
    name = study.metadata.name
    if len(name) > MAX_STUDY_NAME or "." in name:
        raise SpecError(
            "metadata.name",
            f"expected at most {MAX_STUDY_NAME} characters and no dot, since trials are named "
            f"after the study, got {name!r}; choose another name",
        )
    spec = study.spec
    check_space(spec.parameters, spec.sampler)
    check_pruner(spec)
    _check_collector(spec.collector)
    check_template(spec.template)
    trainer_of(spec.template, spec.trainer_container)
    if spec.sidecar.resources is not None:
        check_resources(spec.sidecar.resources, "spec.sidecar.resources")
    return study


def parse_trial(obj: Mapping[str, Any]) -> Trial:
    """Return the Trial that a plain object describes.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    return _read(Trial, obj)


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


def _read(model: type[M], obj: Mapping[str, Any]) -> M:
    try:
        text = json.dumps(obj, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(
            "", f"expected an object that JSON can hold, got {error}; write plain finite values"
        ) from error
    return checked_json(model, text)


def _check_collector(collector: CollectorSpec) -> None:
    for type_, section in (("File", collector.file), ("Log", collector.log)):
        if section is not None and collector.type != type_:
            raise SpecError(
                f"spec.collector.{type_.lower()}",
                f"expected nothing, since type is {collector.type}, got settings; set "
                f"type: {type_}, or remove {type_.lower()}",
            )
    if collector.type == "File" and collector.file is None:
        raise SpecError(
            "spec.collector.file",
            "expected the path of the file to follow, since type is File, got nothing; add file",
        )
    if collector.type != "Log":
        return
    if collector.log is None:
        raise SpecError(
            "spec.collector.log",
            "expected a pattern that has groups named step and value, since type is Log, got "
            "nothing; add log",
        )
    check_log_pattern(collector.log.pattern)

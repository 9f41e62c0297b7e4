"""From plain objects, as the API server gives them, to checked models."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from espalier.api.base import Model
from espalier.api.log_pattern import check_log_pattern
from espalier.api.pruner_check import check_pruner
from espalier.api.resources import ResourcesSpec, check_resources
from espalier.api.space_check import check_space
from espalier.api.study import MAX_STUDY_NAME, CollectorSpec, Study
from espalier.api.template import check_template, trainer_of
from espalier.api.trial import Trial
from espalier.errors import SpecError

M = TypeVar("M", bound=Model)
_SHOWN = 80


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
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise _spec_error(model, error.errors(include_url=False)[0]) from error


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


def _spec_error(model: type[Model], error: ErrorDetails) -> SpecError:
    path = _path(error["loc"])
    if error["type"] == "missing":
        return SpecError(path, "expected a value, got nothing; add it")
    if error["type"] == "extra_forbidden":
        parent, name = error["loc"][:-1], str(error["loc"][-1])
        known = _fields(model, parent)
        near = difflib.get_close_matches(name, known, n=1)
        remedy = f"did you mean {near[0]}?" if near else "remove it or correct its name"
        return SpecError(
            path, f"expected one of {', '.join(known)}, got an unknown field; {remedy}"
        )
    wanted = error["msg"][0].lower() + error["msg"][1:]
    for prefix in ("input should be ", "value error, ", "expected "):
        wanted = wanted.removeprefix(prefix)
    return SpecError(path, f"expected {wanted}, got {_shown(error['input'])}; correct the value")


def _path(loc: Iterable[int | str]) -> str:
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _fields(model: type[Model], loc: Iterable[int | str]) -> list[str]:
    """Return the field names of the model at a path."""
    found: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        for name, field in found.model_fields.items():
            if part in (name, field.alias):
                found = _model_in(field.annotation) or found
                break
    return [field.alias or name for name, field in found.model_fields.items()]


def _model_in(annotation: Any) -> type[Model] | None:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _model_in(argument)) is not None:
            return found
    return None


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

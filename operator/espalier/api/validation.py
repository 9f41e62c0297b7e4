"""From what somebody wrote to a model, or to a sentence about the first field at fault.

The words are ours: what was expected of which field, what came, what to do.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from espalier.api.base import Model
from espalier.errors import SpecError

M = TypeVar("M", bound=Model)
_SHOWN = 80
_HINTS = {
    "asha": "SuccessiveHalving",
    "sha": "SuccessiveHalving",
    "halving": "SuccessiveHalving",
    "bohb": "Hyperband",
    "medianstop": "Median",
    "medianstopping": "Median",
    "medianstoppingrule": "Median",
    "earlystopping": "Patient",
    "none": "Nop",
    "off": "Nop",
    "noop": "Nop",
    "min": "Minimize",
    "minimum": "Minimize",
    "minimise": "Minimize",
    "lower": "Minimize",
    "max": "Maximize",
    "maximum": "Maximize",
    "maximise": "Maximize",
    "higher": "Maximize",
    "gridsearch": "Grid",
    "randomsearch": "Random",
    "quasirandom": "Sobol",
    "stdout": "Output",
    "stderr": "Output",
    "print": "Output",
    "prints": "Output",
    "console": "Output",
    "logs": "Log",
    "logfile": "Log",
    "http": "Local",
    "jsonl": "File",
    "jsonlines": "File",
    "csvlogger": "Csv",
    "table": "Csv",
    "tfevent": "TensorBoard",
    "tfevents": "TensorBoard",
    "tensorboardx": "TensorBoard",
    "summarywriter": "TensorBoard",
    "mlflowclient": "MLflow",
    "transformers": "Kubeflow",
    "kubeflowcallback": "Kubeflow",
    "prometheusclient": "Prometheus",
    "metricsendpoint": "Prometheus",
    "tqdm": "KeyValue",
    "pytorch": "KeyValue",
    "tensorflow": "Keras",
    "pytorchlightning": "Lightning",
    "lgbm": "LightGBM",
    "xgb": "XGBoost",
    "ultralytics": "Yolo",
    "loguniform": "Log",
    "uniform": "Linear",
}
"""What other tools call a value of an enumeration, in lower case and letters only."""


def checked(model: type[M], obj: object, path: str) -> M:
    """Return the model that plain values describe.

    Parameters
    ----------
    path
        Where the values stand, for the error.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    try:
        return model.model_validate(obj)
    except (ValidationError, RecursionError) as error:
        raise _first(model, error, path) from error


def checked_json(model: type[M], text: str) -> M:
    """Return the model that a text of JSON describes, with the types of JSON.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise _first(model, error, "") from error


def all_faults(model: type[M], text: str) -> list[SpecError]:
    """Return what keeps a text of JSON from being a model: every field at fault once."""
    try:
        model.model_validate_json(text, strict=True)
    except ValidationError as error:
        found = [_spec_error(model, each, "") for each in error.errors(include_url=False)]
        # Of the kinds that a union could be each says what it lacks.
        return list({each.field: each for each in reversed(found)}.values())[::-1]
    return []


def _first(model: type[Model], error: ValidationError | RecursionError, path: str) -> SpecError:
    if isinstance(error, RecursionError):
        return SpecError(path, "expected fewer levels, got too many; flatten it")
    return _spec_error(model, error.errors(include_url=False)[0], path)


def _spec_error(model: type[Model], error: ErrorDetails, above: str) -> SpecError:
    path = _path(above, error["loc"])
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
    expected, came = _expected(error), _shown(error["input"])
    remedy = f"did you mean {meant}?" if (meant := _meant(error)) else "correct the value"
    return SpecError(path, f"expected {expected}, got {came}; {remedy}")


_OF_A_KIND = {
    "a whole number": ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
    "a valid number": ("float_type", "float_parsing"),
    "a finite number": ("finite_number",),
    "true or false": ("bool_type", "bool_parsing"),
    "a text": ("string_type", "string_unicode"),
    "an object": ("model_type", "model_attributes_type", "dict_type", "mapping_type"),
    "a list": ("list_type", "tuple_type"),
    "JSON": ("json_invalid",),
    "names that are texts": ("invalid_key",),
}
_PLAIN = {kind: words for words, kinds in _OF_A_KIND.items() for kind in kinds}
_BOUND: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda c: f"greater than {c['gt']}",
    "greater_than_equal": lambda c: f"greater than or equal to {c['ge']}",
    "less_than": lambda c: f"less than {c['lt']}",
    "less_than_equal": lambda c: f"less than or equal to {c['le']}",
    "multiple_of": lambda c: f"a multiple of {c['multiple_of']}",
    "string_pattern_mismatch": lambda c: f"a text, which should match {c['pattern']}",
    "string_too_short": lambda c: f"at least {c['min_length']} characters",
    "string_too_long": lambda c: f"at most {c['max_length']} characters",
    "too_short": lambda c: f"at least {c['min_length']} items",
    "too_long": lambda c: f"at most {c['max_length']} items",
    "enum": lambda c: f"one of {c['expected']}",
    "literal_error": lambda c: f"one of {c['expected']}",
    "value_error": lambda c: str(c["error"]).removeprefix("expected "),
}


def _expected(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _BOUND:
        return _BOUND[kind](context)
    return "another value"


def _meant(error: ErrorDetails) -> str | None:
    """Return the value of an enumeration that something like it most likely means."""
    if error["type"] not in ("enum", "literal_error") or not isinstance(error["input"], str):
        return None
    offered = error.get("ctx", {}).get("expected", "").replace(" or ", ", ").split(", ")
    return meant(error["input"], [value.strip("'") for value in offered])


def meant(text: str, offered: Iterable[str]) -> str | None:
    """Return the one of several words that somebody most likely means; None where that is open.

    Parameters
    ----------
    text
        What he wrote: one of them in any spelling, or what another tool calls it.
    offered
        The words.
    """
    values = {value.lower(): value for value in offered}
    said = "".join(filter(str.isalpha, text)).lower()
    if _HINTS.get(said, "").lower() in values:
        return _HINTS[said]
    near = difflib.get_close_matches(said, values, n=1)
    return values[near[0]] if near else None


def _path(path: str, loc: Iterable[int | str]) -> str:
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
                found = model_in(field.annotation) or found
                break
    return [field.alias or name for name, field in found.model_fields.items()]


def model_in(annotation: Any) -> type[Model] | None:
    """Return the first model in an annotation; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := model_in(argument)) is not None:
            return found
    return None


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

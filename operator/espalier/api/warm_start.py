"""What a study takes over from earlier ones."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from espalier.api.base import Model
from espalier.api.parameters import MAX_PARAMETERS, ParameterName
from espalier.api.scalar import Scalar
from espalier.api.selector import LabelSelector
from espalier.declared.operands import At, Size
from espalier.declared.predicates import ExactlyOne, Or, compare
from espalier.declared.rule import Rule

MOST_STUDIES, MOST_TABLES = 8, 4
"""The chart's policy asks for the right to read each of them, which the API server bounds."""
_OBJECT_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class EarlierStudySpec(Model):
    """Earlier studies of the same namespace: exactly one of name and selector."""

    name: Annotated[str, Field(pattern=_OBJECT_NAME, max_length=253)] | None = None
    """Name of a Study; one that was deleted is found as long as its log is kept."""
    selector: LabelSelector | None = None
    """Labels of Studies that are there. Of more than 32 the 32 newest are meant. There may be none:
    the first of its kind has nothing to begin with."""

    rules: ClassVar = (
        Rule(
            condition=ExactlyOne((At("name"), At("selector"))),
            message="exactly one of name and selector is needed; keep one of them",
            expected=lambda given: (
                "exactly one of name and selector, got"
                f" {' and '.join(each for each in ('name', 'selector') if each in given) or 'none'}"
            ),
        ),
    )


class ConfigMapKey(Model):
    """A key of a ConfigMap of the same namespace."""

    name: Annotated[str, Field(pattern=_OBJECT_NAME, max_length=253)]
    """Name of the ConfigMap."""
    key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)]
    """The key that holds the trials."""


class TableSpec(Model):
    """Trials that are written down."""

    config_map: ConfigMapKey
    """Trials as `espalier import` or `espalier export` writes them, or a CSV with a column for each
    parameter and one called like the objective's metric. The chart's value
    warmStart.readConfigMaps lets the operator read it."""


class MappedParameterSpec(Model):
    """Where the values of a parameter come from in earlier trials: was, fill or both."""

    name: ParameterName
    """A parameter of this Study."""
    was: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """What it was called; its own name if left out."""
    fill: Scalar | None = None
    """Its value in trials that have none: what the training used then."""


class WarmStartSpec(Model):
    """Trials of earlier studies, which the sampler learns from before the first of its own.

    They are copied once, before the first trial: what becomes of the earlier studies later does not
    matter. None of them is run again, and none counts as a trial of this study.
    """

    studies: Annotated[tuple[EarlierStudySpec, ...], Field(max_length=MOST_STUDIES)] = ()
    """Earlier studies, of the same objective and direction."""
    from_: Annotated[tuple[TableSpec, ...], Field(alias="from", max_length=MOST_TABLES)] = ()
    """Trials that are written down: of other clusters, other tools, or studies long gone."""
    parameters: Annotated[
        tuple[MappedParameterSpec, ...],
        Field(
            max_length=MAX_PARAMETERS,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = ()
    """Parameters that were called otherwise, or were not there. A trial that lacks a value of a
    parameter that takes part, or has one outside of its range, is left out and counted."""
    rerun: bool = False
    """True lets the sampler choose configurations again that earlier trials have run."""

    rules: ClassVar = (
        Rule(
            condition=Or(compare(Size(At("studies")), ">", 0), compare(Size(At("from")), ">", 0)),
            message="studies or from is needed; say where the trials come from",
            expected=lambda _: "studies or from, got neither",
        ),
    )

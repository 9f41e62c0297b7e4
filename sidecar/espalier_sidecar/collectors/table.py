"""The types of collectors that a Study may name, each in a module that is imported when used.

Type Local is none of them: what the trainer posts, and its report file, are taken in every study.
Type Auto stands for those that cost nothing until they are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Source
from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.text import clip

LOCAL = "Local"
AUTO = "Auto"
STANDS_FOR = ("MLflow", "Kubeflow")
"""What type Auto stands for, besides Local."""
MODULES = {
    "File": "espalier_sidecar.collectors.file",
    "Output": "espalier_sidecar.collectors.output",
    "Log": "espalier_sidecar.collectors.log",
    "Csv": "espalier_sidecar.collectors.csv_table",
    "MLflow": "espalier_sidecar.collectors.mlflow",
    "TensorBoard": "espalier_sidecar.collectors.tensorboard",
    "Kubeflow": "espalier_sidecar.collectors.kubeflow",
    "Prometheus": "espalier_sidecar.collectors.prometheus",
}


class Chosen(NamedTuple):
    """One of a Study's collectors."""

    type: str
    """Its `type`, Auto and Local excepted."""
    source: Source
    """What its section says."""
    names: Mapping[str, str]
    """The study's names of metrics by the source's."""
    step_scale: float | None
    """What a step is multiplied with."""


def chosen(collector: Mapping[str, Any]) -> Iterator[Chosen]:
    """Iterate over what one of a Study's collectors stands for; nothing for type Local.

    Raises
    ------
    BadEnvironment
        If no collector has its type, or its section cannot be used.
    KeyError, TypeError
        If the section lacks what the operator always writes.
    """
    type_ = collector.get("type", AUTO)
    scale = collector.get("stepScale")
    names = dict(collector.get("metrics") or {})
    for each in STANDS_FOR if type_ == AUTO else () if type_ == LOCAL else (type_,):
        source = read_source(each, collector.get(section_of(each)) or {})
        yield Chosen(each, source, names, None if scale is None else float(scale))


def section_of(type_: str) -> str:
    """Return the section that is named after a type."""
    return "mlflow" if type_ == "MLflow" else type_[:1].lower() + type_[1:]


def read_source(type_: str, section: Mapping[str, Any]) -> Source:
    """Return what the section of a collector of some type says.

    Parameters
    ----------
    type_
        Its `type`.
    section
        The section that is named after the type; empty if there is none.

    Raises
    ------
    BadEnvironment
        If no collector has this type, or its section cannot be used.
    KeyError, TypeError
        If the section lacks what the operator always writes.
    """
    if type_ not in MODULES:
        known = ", ".join([AUTO, LOCAL, *MODULES])
        raise BadEnvironment(f"a collector's type: expected one of {known}; came {clip(type_)}")
    source: Source = import_module(MODULES[type_]).read_section(section)
    return source

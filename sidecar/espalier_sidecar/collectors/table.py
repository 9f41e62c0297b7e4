"""The types of collectors that a Study may name, each in a module that is imported when used.

Type Local is none of them: what the trainer posts, and its report file, are taken in every study.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from espalier_sidecar.collectors.base import Source
from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.text import clip

LOCAL = "Local"
MODULES = {
    "File": "espalier_sidecar.collectors.file",
    "Log": "espalier_sidecar.collectors.log",
}


def read_source(type_: str, section: Mapping[str, Any]) -> Source:
    """Return what a `spec.collector` of some type says.

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
        known = ", ".join([LOCAL, *MODULES])
        raise BadEnvironment(f"spec.collector.type: expected one of {known}; came {clip(type_)}")
    source: Source = import_module(MODULES[type_]).read_section(section)
    return source

"""The fields of a pod template that Espalier itself reads, with their types: all of them, here.

A template has no schema in the CRD, so that it may have every field that the cluster knows. What
is read of it in code is checked here first; the rest is the API server's to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from espalier.api.checks.collecting import Faults, raise_first
from espalier.errors import SpecError

ROOT = "spec.template"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field may hold, besides nothing at all.

    Parameters
    ----------
    wanted
        The type in words.
    types
        The types of Python that JSON gives for it.
    fields
        Shapes of an object's fields; others are not looked at.
    each
        Shape of a list's or a map's entries, which must all be there.
    """

    wanted: str
    types: tuple[type, ...]
    fields: Mapping[str, Shape] = field(default_factory=dict)
    each: Shape | None = None


def _object(**fields: Shape) -> Shape:
    return Shape("an object", (dict,), fields)


def _list(each: Shape) -> Shape:
    return Shape("a list", (list,), each=each)


def _map(each: Shape) -> Shape:
    return Shape("an object", (dict,), each=each)


_TEXT = Shape("a string", (str,))
_FLAG = Shape("true or false", (bool,))
_NUMBER = Shape("a whole number", (int,))
_QUANTITY = Shape("a number or a string", (int, float, str))
_SECURITY = _object(
    privileged=_FLAG,
    runAsUser=_NUMBER,
    windowsOptions=_object(hostProcess=_FLAG),
)
_CONTAINER = _object(
    name=_TEXT,
    env=_list(_object(name=_TEXT, value=_TEXT)),
    volumeMounts=_list(_object(name=_TEXT, mountPath=_TEXT)),
    resources=_object(requests=_map(_QUANTITY), limits=_map(_QUANTITY)),
    securityContext=_SECURITY,
    terminationMessagePolicy=_TEXT,
    ports=_list(_object(containerPort=_NUMBER, protocol=_TEXT)),
)
_TOKEN = _object(audience=_TEXT)
_VOLUME = _object(
    name=_TEXT,
    projected=_object(sources=_list(_object(serviceAccountToken=_TOKEN))),
)
TEMPLATE = _object(
    metadata=_object(labels=_map(_TEXT), annotations=_map(_TEXT)),
    spec=_object(
        containers=_list(_CONTAINER),
        initContainers=_list(_CONTAINER),
        volumes=_list(_VOLUME),
        securityContext=_SECURITY,
        restartPolicy=_TEXT,
        serviceAccountName=_TEXT,
        serviceAccount=_TEXT,
        nodeName=_TEXT,
        hostNetwork=_FLAG,
        hostPID=_FLAG,
        hostIPC=_FLAG,
        automountServiceAccountToken=_FLAG,
        enableServiceLinks=_FLAG,
    ),
)


def check_shape(value: Any, shape: Shape = TEMPLATE, path: str = ROOT) -> None:
    """Check that what Espalier reads of a template has the types that it is read with.

    A null is as good as nothing, as it is to the API server; but not as an entry of a list or map.

    Raises
    ------
    SpecError
        For the first field at fault: its path, what was expected, what came.
    """
    raise_first(shape_faults(value, shape, path))


def shape_faults(value: Any, shape: Shape = TEMPLATE, path: str = ROOT) -> Faults:
    """Yield all that `check_shape` finds."""
    if not _has_type(value, shape.types):
        yield SpecError(path, f"expected {shape.wanted}, got {shown(value)}; correct the template")
        return
    for name, inner in shape.fields.items():
        if value.get(name) is not None:
            yield from shape_faults(value[name], inner, f"{path}.{name}")
    if shape.each is not None:
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in entries:
            yield from shape_faults(entry, shape.each, f"{path}[{key}]")


def _has_type(value: Any, types: tuple[type, ...]) -> bool:
    """Whether a value is of one of the types; true and false are no numbers."""
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def shown(value: Any) -> str:
    """Return what kind of value came, for a message; numbers and flags as they are."""
    kinds: dict[type, str] = {
        dict: "an object",
        list: "a list",
        str: "a string",
        type(None): "nothing",
    }
    return kinds.get(type(value)) or str(value).lower()

"""What of a pod template is Espalier's own to write: where the user wrote it too, it is refused.

All else that a template says reaches the pods as it is written. Nothing is overwritten in silence.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from espalier.api.checks.template import containers_of
from espalier.api.checks.template_shape import ROOT
from espalier.errors import SpecError
from espalier.planning.world import names

OUR_LABELS = f"{names.DOMAIN}/"
OUR_VARIABLES = "ESPALIER_"


def check_owned_fields(
    template: Mapping[str, Any],
    parameters: Collection[str],
    port: int,
    controllers: Mapping[str, str],
) -> None:
    """Refuse a template that writes what Espalier, or a controller, writes itself.

    The template has passed `espalier.api.check_template` already.

    Parameters
    ----------
    parameters
        Names of the study's parameters.
    port
        Where the sidecar listens.
    controllers
        Labels of the pods that something else than Espalier writes, and what does.

    Raises
    ------
    SpecError
        Naming the first field at fault and what to do.
    """
    for path, expected in _owned(template, parameters, port, controllers):
        raise SpecError(path, expected)


def _owned(
    template: Mapping[str, Any],
    parameters: Collection[str],
    port: int,
    controllers: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """Iterate over the fields at fault: the path of each, and what to do."""
    for label in (template.get("metadata") or {}).get("labels") or {}:
        if label.startswith(OUR_LABELS) or label in controllers:
            whose = "Espalier" if label.startswith(OUR_LABELS) else controllers[label]
            yield (
                f"{ROOT}.metadata.labels[{label}]",
                f"expected another label than {label}, by which {whose} finds the pods; remove it",
            )
    for path, container in containers_of(template):
        yield from _variables(path, container, parameters)
        yield from _mounts(path, container)
        for index, each in enumerate(container.get("ports") or ()):
            if each.get("containerPort") == port and (each.get("protocol") or "TCP") == "TCP":
                yield (
                    f"{path}.ports[{index}].containerPort",
                    f"expected another port than {port}, where the sidecar listens in the same "
                    "pod; choose another one",
                )


def _variables(
    path: str, container: Mapping[str, Any], parameters: Collection[str]
) -> Iterator[tuple[str, str]]:
    ours = {f"PARAM_{name}" for name in parameters}
    for index, variable in enumerate(container.get("env") or ()):
        name = variable.get("name") or ""
        if name in ours or name.startswith(OUR_VARIABLES):
            yield (
                f"{path}.env[{index}].name",
                f"expected another name than {name}, which each trial has with a value of its own; "
                "rename or remove the variable",
            )


def _mounts(path: str, container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        if is_mount_of_ours(mount) and mount.get("name") != names.VOLUME:
            yield (
                f"{path}.volumeMounts[{index}].mountPath",
                f"expected another path than {names.MOUNT}, where the volume lies that the trainer "
                "shares with the sidecar; mount it elsewhere, or below",
            )


def is_mount_of_ours(mount: Mapping[str, Any]) -> bool:
    """Whether a mount takes the place of the volume that is shared with the sidecar."""
    # Two slashes at the beginning are the one thing that `normpath` leaves.
    path = posixpath.normpath(mount.get("mountPath") or ".")
    return path.removeprefix("/") == names.MOUNT.removeprefix("/")

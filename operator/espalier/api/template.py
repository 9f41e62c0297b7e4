"""What a study's pod template must have, and which of its containers trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from espalier.errors import SpecError

SIDECAR = "espalier-sidecar"
VOLUME = "espalier"
TRAINER = "trainer"
_CONTAINERS = "spec.template.spec.containers"


def trainer_of(template: Mapping[str, Any], name: str | None = None) -> str:
    """Return the name of the container that trains.

    It is the one that `name` (``spec.trainerContainer``) names; without it, the container called
    ``trainer``, or the only one.

    Raises
    ------
    SpecError
        If no container or no single container can be told to be the trainer.
    """
    names = _names(template)
    if name is not None:
        if name not in names:
            raise SpecError(
                "spec.trainerContainer",
                f"expected the name of a container in {_CONTAINERS} ({', '.join(names)}), "
                f"got {name!r}; correct the name",
            )
        return name
    if TRAINER in names:
        return TRAINER
    if len(names) == 1:
        return names[0]
    raise SpecError(
        "spec.trainerContainer",
        f"expected the name of the container that trains, since {_CONTAINERS} has several "
        f"({', '.join(names)}) and none is called {TRAINER!r}, got nothing; name one of them",
    )


def check_template(template: Mapping[str, Any]) -> None:
    """Check what Espalier itself needs of a template; the rest is the API server's to check.

    Raises
    ------
    SpecError
        With the path of the field, what was expected, what came, and the remedy.
    """
    _names(template)
    spec = template["spec"]
    policy = spec.get("restartPolicy", "Never")
    if policy != "Never":
        raise SpecError(
            "spec.template.spec.restartPolicy",
            f"expected Never or nothing, since a failed trial is run again as a new attempt "
            f"(spec.trials.retries), got {policy!r}; remove the field",
        )
    for list_, reserved in (
        ("containers", SIDECAR),
        ("initContainers", SIDECAR),
        ("volumes", VOLUME),
    ):
        for index, entry in enumerate(_entries(spec, list_)):
            if entry.get("name") == reserved:
                raise SpecError(
                    f"spec.template.spec.{list_}[{index}].name",
                    f"expected another name than {reserved!r}, which Espalier adds itself; "
                    "rename or remove the entry",
                )


def _entries(spec: Mapping[str, Any], list_: str) -> Sequence[Mapping[str, Any]]:
    entries = spec.get(list_) or []
    path = f"spec.template.spec.{list_}"
    if not isinstance(entries, list):
        raise SpecError(path, f"expected a list, got {_kind(entries)}; write it as a list")
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise SpecError(
                f"{path}[{index}]", f"expected an object, got {_kind(entry)}; give it a name"
            )
    return entries


def _names(template: Mapping[str, Any]) -> list[str]:
    spec = template.get("spec")
    if not isinstance(spec, Mapping):
        raise SpecError(
            "spec.template.spec",
            f"expected a pod's spec with containers, got {_kind(spec)}; describe the pod that "
            "trains",
        )
    containers = _entries(spec, "containers")
    if not containers:
        raise SpecError(
            _CONTAINERS, "expected at least one container, got none; add the one that trains"
        )
    names: list[str] = []
    for index, container in enumerate(containers):
        name = container.get("name")
        if not isinstance(name, str) or not name:
            raise SpecError(
                f"{_CONTAINERS}[{index}].name",
                f"expected a name, got {_kind(name)}; name the container",
            )
        names.append(name)
    return names


def _kind(value: Any) -> str:
    return {type(None): "nothing", dict: "an object", list: "a list", str: "a string"}.get(
        type(value), f"{value!r}"
    )

"""What a study's pod template must have, and which of its containers trains."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from espalier.api.checks.collecting import Faults, caught, raise_first
from espalier.api.checks.template_shape import ROOT, check_shape, shape_faults, shown
from espalier.errors import SpecError

SIDECAR = "espalier-sidecar"
VOLUME = "espalier"
TOKEN_VOLUME = "espalier-token"
AUDIENCE = "espalier-ingest"
TRAINER = "trainer"
MOST_BYTES = 64 * 1024
"""Size of a template as compact JSON, unless the operator's settings say otherwise."""
_POD = f"{ROOT}.spec"
_CONTAINERS = f"{_POD}.containers"
_RESERVED = (
    ("containers", SIDECAR),
    ("initContainers", SIDECAR),
    ("volumes", VOLUME),
    ("volumes", TOKEN_VOLUME),
)


def trainer_of(template: Mapping[str, Any], name: str | None = None) -> str:
    """Return the name of the container that trains.

    It is the one that `name` (``spec.trainerContainer``) names; without it, the container called
    ``trainer``, or the only one.

    Raises
    ------
    SpecError
        If no container or no single container can be told to be the trainer.
    """
    check_shape(template)
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

    A template that passes has every field that Espalier reads in the type that it is read with.

    Raises
    ------
    SpecError
        With the path of the field, what was expected, what came, and the remedy.
    """
    raise_first(template_faults(template))


def template_faults(template: Mapping[str, Any]) -> Faults:
    """Yield all that `check_template` finds; of a template of another shape nothing but that."""
    sound = True
    for fault in shape_faults(template):
        sound = False
        yield fault
    if not sound:
        return
    yield from caught(_names, template)
    yield from caught(_check_metadata, template.get("metadata") or {})
    spec = template.get("spec") or {}
    for check in (_check_restart, _check_reserved, _check_token):
        yield from caught(check, spec)


def _check_restart(spec: Mapping[str, Any]) -> None:
    policy = spec.get("restartPolicy") or "Never"
    if policy != "Never":
        raise SpecError(
            f"{_POD}.restartPolicy",
            f"expected Never or nothing, since a failed trial is run again as a new attempt "
            f"(spec.trials.retries), got {policy!r}; remove the field",
        )


def _check_reserved(spec: Mapping[str, Any]) -> None:
    for list_, reserved in _RESERVED:
        for index, entry in enumerate(spec.get(list_) or ()):
            if entry.get("name") == reserved:
                raise SpecError(
                    f"{_POD}.{list_}[{index}].name",
                    f"expected another name than {reserved!r}, which Espalier adds itself; "
                    "rename or remove the entry",
                )


def check_size(template: Mapping[str, Any], most: int = MOST_BYTES) -> None:
    """Check that a template is no larger than every Job and pod of the study can carry.

    Parameters
    ----------
    most
        Largest size as compact JSON, in bytes.

    Raises
    ------
    SpecError
        With the size that it has.
    """
    text = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
    if (size := len(text.encode())) > most:
        raise SpecError(
            ROOT,
            f"expected at most {most} bytes of JSON, since each trial's Job and pod hold a copy, "
            f"got {size}; move what is large into a ConfigMap, a volume or the image",
        )


def containers_of(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Iterate over all containers of a checked template, each with its path."""
    for list_ in ("initContainers", "containers"):
        for index, container in enumerate(template["spec"].get(list_) or ()):
            yield f"{_POD}.{list_}[{index}]", container


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    for name, value in metadata.items():
        if name not in ("labels", "annotations") and value is not None:
            raise SpecError(
                f"{ROOT}.metadata.{name}",
                "expected nothing but labels and annotations, since the rest is Espalier's and the "
                f"cluster's to write, got {name}; remove it, or correct its name",
            )


def _check_token(spec: Mapping[str, Any]) -> None:
    """Refuse what would give the sidecar's token to another container."""
    for path, container in containers_of({"spec": spec}):
        for index, mount in enumerate(container.get("volumeMounts") or ()):
            if mount.get("name") == TOKEN_VOLUME:
                raise SpecError(
                    f"{path}.volumeMounts[{index}].name",
                    f"expected another volume than {TOKEN_VOLUME!r}, whose token is for the "
                    "sidecar alone; remove the mount",
                )
    for index, volume in enumerate(spec.get("volumes") or ()):
        sources = (volume.get("projected") or {}).get("sources") or ()
        for place, source in enumerate(sources):
            if (source.get("serviceAccountToken") or {}).get("audience") == AUDIENCE:
                raise SpecError(
                    f"{_POD}.volumes[{index}].projected.sources[{place}]"
                    ".serviceAccountToken.audience",
                    f"expected another audience than {AUDIENCE!r}, which is for the sidecar's "
                    "token alone; remove the source",
                )


def _names(template: Mapping[str, Any]) -> list[str]:
    spec = template.get("spec")
    if spec is None:
        raise SpecError(
            _POD,
            "expected a pod's spec with containers, got nothing; describe the pod that trains",
        )
    containers = spec.get("containers") or ()
    if not containers:
        raise SpecError(
            _CONTAINERS, "expected at least one container, got none; add the one that trains"
        )
    names: list[str] = []
    for index, container in enumerate(containers):
        name = container.get("name")
        if not name:
            raise SpecError(
                f"{_CONTAINERS}[{index}].name",
                f"expected a name, got {shown(name)}; name the container",
            )
        names.append(name)
    return names

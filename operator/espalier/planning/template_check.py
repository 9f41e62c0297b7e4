"""What a Study's pod template may hold; the admission policy checks the same at apply.

The check is repeated here because a policy can be absent, or older than the operator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from espalier.errors import SpecError
from espalier.planning import names

ROOT = "spec.template.spec"


def check_template(template: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Refuse a template that cannot be made into a trial's pod, or that reaches for the node.

    Raises
    ------
    SpecError
        Naming the first field at fault and what to do.
    """
    pod = template.get("spec")
    if not isinstance(pod, Mapping):
        raise SpecError(ROOT, "expected a pod spec; add spec.containers to the template")
    containers = pod.get("containers")
    if not isinstance(containers, list) or not containers:
        raise SpecError(
            f"{ROOT}.containers", "expected at least one container; add the one that trains"
        )
    _check_shape(pod)
    _check_names(pod)
    _check_host(pod, allowed)


def trainer_name(template: Mapping[str, Any], named: str | None) -> str:
    """Return the name of the container that trains.

    Raises
    ------
    SpecError
        If it is not named and there are several, none of them called ``trainer``.
    """
    found = [str(container.get("name", "")) for container in template["spec"]["containers"]]
    if named is not None:
        if named not in found:
            raise SpecError(
                "spec.trainerContainer",
                f"expected the name of a container of the template ({', '.join(found)}), "
                f"got {named!r}",
            )
        return named
    if "trainer" in found:
        return "trainer"
    if len(found) == 1:
        return found[0]
    raise SpecError(
        "spec.trainerContainer",
        f"expected the name of the container that trains, one of {', '.join(found)}; "
        "set it, or call one of them trainer",
    )


def _check_shape(pod: Mapping[str, Any]) -> None:
    for key in ("containers", "initContainers", "volumes"):
        entries = pod.get(key) or []
        if not isinstance(entries, list):
            raise SpecError(f"{ROOT}.{key}", f"expected a list, got {type(entries).__name__}")
        for index, entry in enumerate(entries):
            if not isinstance(entry, Mapping):
                raise SpecError(
                    f"{ROOT}.{key}[{index}]", f"expected an object, got {type(entry).__name__}"
                )
            for part in ("env", "volumeMounts"):
                if not isinstance(entry.get(part) or [], list):
                    raise SpecError(f"{ROOT}.{key}[{index}].{part}", "expected a list")


def _check_names(pod: Mapping[str, Any]) -> None:
    policy = pod.get("restartPolicy", "Never")
    if policy != "Never":
        raise SpecError(
            f"{ROOT}.restartPolicy",
            f"expected Never, got {policy!r}; remove it, and set spec.trials.retries for new "
            "attempts",
        )
    for path, container in _containers(pod):
        if container.get("name") == names.SIDECAR:
            raise SpecError(
                f"{path}.name", f"{names.SIDECAR} is Espalier's own; choose another name"
            )
    for index, volume in enumerate(pod.get("volumes") or ()):
        if volume.get("name") in (names.VOLUME, names.TOKEN_VOLUME):
            raise SpecError(
                f"{ROOT}.volumes[{index}].name",
                f"{volume['name']} is Espalier's own; choose another name",
            )


def _check_host(pod: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for name in ("hostNetwork", "hostPID", "hostIPC", "nodeName"):
        if pod.get(name) and name not in allowed:
            raise SpecError(f"{ROOT}.{name}", _denied(name))
    for index, volume in enumerate(pod.get("volumes") or ()):
        if "hostPath" in volume and "hostPath" not in allowed:
            raise SpecError(f"{ROOT}.volumes[{index}].hostPath", _denied("hostPath"))
    for path, container in _containers(pod):
        if (container.get("securityContext") or {}).get("privileged") and (
            "privileged" not in allowed
        ):
            raise SpecError(f"{path}.securityContext.privileged", _denied("privileged"))


def _denied(name: str) -> str:
    return (
        f"{name} reaches out of the pod and is not allowed here; remove it, or have the operator "
        f"run with --allow-template-field={name}"
    )


def _containers(pod: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key in ("initContainers", "containers"):
        for index, container in enumerate(pod.get(key) or ()):
            yield f"{ROOT}.{key}[{index}]", container

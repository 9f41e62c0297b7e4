"""What a Study's pod template may not reach for; the admission policy checks the same at apply.

The check is repeated here because a policy can be absent, or older than the operator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from espalier.errors import SpecError
from espalier.planning import names

ROOT = "spec.template.spec"


def check_host_fields(template: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Refuse a template that reaches out of its pod in a way that is not allowed.

    The template has passed `espalier.api.check_template` already.

    Raises
    ------
    SpecError
        Naming the first field at fault and what to do.
    """
    pod = template["spec"]
    for name in ("hostNetwork", "hostPID", "hostIPC", "nodeName"):
        if pod.get(name) and name not in allowed:
            raise SpecError(f"{ROOT}.{name}", _denied(name))
    for index, volume in enumerate(pod.get("volumes") or ()):
        if "hostPath" in volume and "hostPath" not in allowed:
            raise SpecError(f"{ROOT}.volumes[{index}].hostPath", _denied("hostPath"))
        if volume.get("name") == names.TOKEN_VOLUME:
            raise SpecError(
                f"{ROOT}.volumes[{index}].name",
                f"expected another name than {names.TOKEN_VOLUME!r}, which Espalier adds itself; "
                "rename the volume",
            )
    for path, container in _containers(pod):
        for part in ("env", "volumeMounts"):
            if not isinstance(container.get(part) or [], list):
                raise SpecError(f"{path}.{part}", "expected a list; write it as a list")
        security = container.get("securityContext") or {}
        if security.get("privileged") and "privileged" not in allowed:
            raise SpecError(f"{path}.securityContext.privileged", _denied("privileged"))


def _denied(name: str) -> str:
    return (
        f"expected no {name}, since it reaches out of the pod; remove it, or have the operator "
        f"run with --allow-template-field={name}"
    )


def _containers(pod: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key in ("initContainers", "containers"):
        for index, container in enumerate(pod.get(key) or ()):
            yield f"{ROOT}.{key}[{index}]", container

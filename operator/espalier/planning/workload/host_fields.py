"""What a Study's pod template may not reach for; the admission policy checks the same at apply.

The check is repeated here because a policy can be absent, or older than the operator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from espalier.api.checks.template import containers_of
from espalier.errors import SpecError

ROOT = "spec.template.spec"


def check_host_fields(template: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Refuse a template that reaches out of its pod in a way that is not allowed.

    The template has passed `espalier.api.check_template` already.

    Raises
    ------
    SpecError
        Naming the first field at fault and what to do.
    """
    for name, path in _reaching(template):
        if name not in allowed:
            raise SpecError(path, _denied(name))


def _reaching(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Iterate over what reaches out of the pod: its name among the settings, and its path."""
    pod = template["spec"]
    for name in ("hostNetwork", "hostPID", "hostIPC", "nodeName"):
        if pod.get(name):
            yield name, f"{ROOT}.{name}"
    for index, volume in enumerate(pod.get("volumes") or ()):
        if "hostPath" in volume:
            yield "hostPath", f"{ROOT}.volumes[{index}].hostPath"
    for path, owner in ((ROOT, pod), *containers_of(template)):
        security = owner.get("securityContext") or {}
        if security.get("privileged"):
            yield "privileged", f"{path}.securityContext.privileged"
        # As good as privileged, under another name.
        if (security.get("windowsOptions") or {}).get("hostProcess"):
            yield "privileged", f"{path}.securityContext.windowsOptions.hostProcess"


def _denied(name: str) -> str:
    return (
        f"expected no {name}, since it reaches out of the pod; remove it, or have the operator "
        f"run with --allow-template-field={name}"
    )

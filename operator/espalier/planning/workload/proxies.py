"""Variables that send requests through a proxy: the sidecar's own port is never behind one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
_LOCAL = "localhost,127.0.0.1,::1"


def past_proxies(container: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the variables that keep requests to localhost away from a container's proxies.

    There are none where the user has said himself what goes past them, or may have, in a ConfigMap
    or Secret: his word is kept. Some programs read the lower-case names, others the others.
    """
    given = {str(variable.get("name")).lower() for variable in container.get("env") or []}
    if not given & _PROXIES or "no_proxy" in given or container.get("envFrom"):
        return []
    return [{"name": name, "value": _LOCAL} for name in ("NO_PROXY", "no_proxy")]

"""Type MLflow: the trainer's client talks to the sidecar, and the sidecar to the team's server."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from espalier.api.checks.template_shape import ROOT
from espalier.api.collectors import CollectorSpec
from espalier.errors import SpecError
from espalier.planning.workload.fittings.fit import set_default, variable_of
from espalier.planning.workload.kind import Manifest
from espalier.planning.world import names

URI = "MLFLOW_TRACKING_URI"
OURS = "http://localhost:9321/mlflow"
MOUNTED_AT = "/var/run/espalier"
"""Where the sidecar finds the team's certificates."""
_CERTIFICATES = (
    "MLFLOW_TRACKING_SERVER_CERT_PATH",
    "MLFLOW_TRACKING_CLIENT_CERT_PATH",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_SAID = ("MLFLOW_TRACKING_INSECURE_TLS", *_PROXIES, "NO_PROXY")
_REFERENCE = re.compile(r"\$(?:\$|\(([^()]+)\))")
_FORBIDDEN = re.compile(r"PATH|LD_.*|PYTHON.*|MALLOC_.*")


def send_mlflow_through_sidecar(
    trainer: Manifest, sidecar: Manifest, collector: CollectorSpec, /
) -> None:
    """Set the trainer's tracking URI to the sidecar, and tell the sidecar the team's.

    Type Auto leaves a template alone which does not allow it: what the trainer logs reaches the
    team's server as before.

    Raises
    ------
    SpecError
        If the template does not allow it, and the study asks for type MLflow.
    """
    try:
        env, mounts = _for_sidecar(trainer, sidecar, collector)
    except SpecError:
        if collector.type == "Auto":
            return
        raise
    sidecar["env"] = [*sidecar["env"], *env]
    sidecar["volumeMounts"] = [*sidecar["volumeMounts"], *mounts]
    ours = {"name": URI, "value": OURS}
    trainer["env"] = [
        ours if each.get("name") == URI else each for each in trainer.get("env") or []
    ]
    set_default(trainer, URI, OURS)


def _for_sidecar(
    trainer: Manifest, sidecar: Manifest, collector: CollectorSpec
) -> tuple[list[Manifest], list[Manifest]]:
    """Return the variables and mounts with which the sidecar reaches the team's server."""
    section = collector.settings
    named = section is not None and section.tracking_uri is not None
    own = variable_of(trainer, URI)
    _check(trainer, own, named)
    if own is None and not named:
        return [], []
    wanted = [name for name in _SAID if name not in _PROXIES and name != "NO_PROXY"]
    wanted += [letters for name in (*_PROXIES, "NO_PROXY") for letters in (name, name.lower())]
    found = [] if named else [own]
    found += [variable_of(trainer, name) for name in wanted]
    env: list[Manifest] = []
    have = {each["name"] for each in sidecar["env"]}
    for variable in found:
        if variable is not None:
            env += _with_references(variable, trainer, have)
    mounts: list[Manifest] = []
    for name in _CERTIFICATES:
        variable = variable_of(trainer, name)
        if variable is not None:
            path, more = _mounted(trainer, variable, len(mounts))
            env.append({"name": name, "value": path})
            mounts += more
    return env, mounts


def _check(trainer: Manifest, own: Manifest | None, named: bool) -> None:
    """Refuse a template whose client would not reach the sidecar, or the sidecar not the server."""
    value = (own or {}).get("value")
    if isinstance(value, str) and not re.match(r"https?://|.*\$\(", value, re.IGNORECASE):
        raise _refusal(
            trainer, URI, f"expected http(s)://…, which can be forwarded, got {value!r}; remove it"
        )
    if own is None and not named and trainer.get("envFrom"):
        raise SpecError(
            "spec.collector.mlflow.trackingUri",
            f"expected the tracking server, got none, and {URI} may be set by the template's "
            "envFrom; give the server here",
        )
    signed = variable_of(trainer, "MLFLOW_TRACKING_AWS_SIGV4")
    if signed is not None and str(signed.get("value")).lower() not in ("false", "0", ""):
        raise _refusal(
            trainer,
            "MLFLOW_TRACKING_AWS_SIGV4",
            "expected requests that are not signed for their server, got signed ones; use another "
            "type of collector",
        )
    if not _reaches_localhost(trainer):
        raise _refusal(
            trainer, "NO_PROXY", "expected localhost in it, where the sidecar listens; add it"
        )


def _reaches_localhost(trainer: Manifest) -> bool:
    """Tell whether the client's requests to the sidecar go past the template's proxies."""
    if not any(variable_of(trainer, name) for name in _either_case(_PROXIES)):
        return True
    past = [variable_of(trainer, name) for name in ("no_proxy", "NO_PROXY")]
    (text, *_) = [str(each.get("value") or "") for each in past if each] or [""]
    return bool({"localhost", "*"} & {each.strip() for each in text.split(",")})


def _either_case(upper: tuple[str, ...]) -> Iterator[str]:
    for name in upper:
        yield from (name.lower(), name)


def _with_references(variable: Manifest, trainer: Manifest, have: set[str]) -> list[Manifest]:
    """Return a variable after those that its value refers to; none that the sidecar has already."""
    name = str(variable.get("name"))
    if name in have:
        return []
    if _FORBIDDEN.fullmatch(name):
        raise _refusal(trainer, URI, f"expected no reference to {name}; write out what it means")
    have.add(name)
    before: list[Manifest] = []
    for reference in _REFERENCE.findall(str(variable.get("value") or "")):
        referred = variable_of(trainer, reference) if reference else None
        if referred is not None:
            before += _with_references(referred, trainer, have)
    return [*before, dict(variable)]


def _mounted(trainer: Manifest, variable: Manifest, number: int) -> tuple[str, list[Manifest]]:
    """Return where the sidecar finds a file of the trainer's, and the mount for it."""
    path = variable.get("value")
    if isinstance(path, str) and path.startswith("/") and "$(" not in path:
        path = posixpath.normpath(path)
        for mount in _deepest_first(trainer):
            at = posixpath.normpath(str(mount.get("mountPath"))).rstrip("/")
            if path != at and not path.startswith(f"{at}/"):
                continue
            if at == names.MOUNT:
                return path, []
            if mount.get("subPathExpr"):
                break
            ours = f"{MOUNTED_AT}/tracking-{number}"
            return ours + path[len(at) :], [{**mount, "mountPath": ours, "readOnly": True}]
    raise _refusal(
        trainer,
        str(variable.get("name")),
        f"expected a path in one of the container's volumes, which the sidecar mounts too, got "
        f"{path or 'no literal value'}; mount the file from a Secret or ConfigMap",
    )


def _deepest_first(trainer: Manifest) -> list[Manifest]:
    mounts = trainer.get("volumeMounts") or []
    return sorted(mounts, key=lambda mount: -len(str(mount.get("mountPath"))))


def _refusal(trainer: Manifest, variable: str, message: str) -> SpecError:
    container: Any = trainer.get("name")
    return SpecError(f"{ROOT}.spec.containers[{container}].env[{variable}]", message)

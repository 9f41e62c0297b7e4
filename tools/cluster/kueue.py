"""Kueue, the queue of many clusters, beside the control plane: its process, kinds and webhook.

It runs as a process of this machine and not as a pod, so that a bare control plane will do. Only
namespaces with the label `OPT_IN` are its own: nobody else on the cluster is touched.
"""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tools.cluster import process
from tools.cluster.api import Api, write_kubeconfig
from tools.cluster.certificates import Authority
from tools.cluster.control_plane import Component, server
from tools.cluster.errors import ClusterError
from tools.cluster.layout import Layout
from tools.cluster.objects import answers
from tools.cluster.parts import KUEUE, tool

NAME = "kueue"
OPT_IN = {"kueue.x-k8s.io/managed-namespace": "true"}
VERSION = "v1beta2"
_NAMESPACE = "kueue-system"
_WEBHOOK = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/espalier-kueue"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_JOBS_WEBHOOK = "mjob.kb.io"
_KINDS = (
    "admissionchecks",
    "clusterqueues",
    "cohorts",
    "localqueues",
    "resourceflavors",
    "topologies",
    "workloadpriorityclasses",
    "workloads",
)
_PATIENCE = 60.0


def obstacle() -> str | None:
    """Return why Kueue cannot run on this machine; None if it can.

    It insists on certificates in a folder of /etc, which it is given by a mount that only it sees.
    """
    if shutil.which("unshare") is None:
        return "Kueue is started with `unshare` (util-linux, Linux only), which is not there"
    done = subprocess.run([*_private("/"), "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"Kueue needs a mount of its own, and that is refused: {done.stderr.strip()}"
    return None


def component(layout: Layout, authority: Authority) -> Component:
    """Return Kueue's process, its settings and certificates written."""
    certificates = _certificates(layout, authority)
    settings = layout.state / "kueue.json"
    settings.write_text(json.dumps(_settings(layout, certificates), indent=1))
    kubeconfig = write_kubeconfig(
        layout.state / "kueue.kubeconfig",
        server(layout),
        authority,
        NAME,
        NAME,
        ("system:masters",),
    )
    arguments = [
        *_private(layout.state / "kueue-etc"),
        tool(layout.cache, NAME),
        f"--config={settings}",
    ]
    health = f"http://{layout.address}:{layout.port('kueue-health')}/readyz"
    environment = {"KUBECONFIG": str(kubeconfig), "GOMAXPROCS": "1", "GOMEMLIMIT": "200MiB"}
    return Component(NAME, arguments, lambda: answers(health), environment)


def define(api: Api, layout: Layout) -> None:
    """Give the API server Kueue's kinds, and wait until it serves them."""
    if all(api.get(_path(kind)) for kind in _KINDS):
        return
    for crd in _definitions(layout.cache):
        api.apply(f"{_CRDS}/{crd['metadata']['name']}", crd)
    api.apply(
        f"/api/v1/namespaces/{_NAMESPACE}",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}},
    )
    deadline = time.monotonic() + _PATIENCE
    while any(api.get(_path(kind)) is None for kind in _KINDS):
        if time.monotonic() > deadline:
            raise ClusterError(f"Kueue's kinds are not served after {_PATIENCE:.0f} s.")
        time.sleep(0.1)


def intercept(api: Api, layout: Layout, authority: Authority) -> None:
    """Let the API server ask Kueue about each new Job of the namespaces that are its own."""
    hook = _webhook(layout.cache)
    service = hook["clientConfig"].pop("service")
    address = f"https://{layout.address}:{layout.port('kueue-webhook')}{service['path']}"
    bundle = base64.b64encode(authority.certificate_file.read_bytes()).decode()
    hook |= {
        "clientConfig": {"url": address, "caBundle": bundle},
        "namespaceSelector": {"matchLabels": OPT_IN},
        "timeoutSeconds": 5,
    }
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": _WEBHOOK.rpartition("/")[2]},
        "webhooks": [hook],
    }
    api.apply(_WEBHOOK, body)


def remove(api: Api, layout: Layout) -> None:
    """Take everything of Kueue's away, also where its process is dead: the webhook first.

    Its finalizers are for itself to take off; here it is not to be relied on.
    """
    api.delete(_WEBHOOK)
    process.stop(layout.state, [NAME])
    for kind in _KINDS:
        api.delete(f"{_CRDS}/{kind}.kueue.x-k8s.io")
    deadline = time.monotonic() + _PATIENCE
    while left := [kind for kind in _KINDS if api.get(f"{_CRDS}/{kind}.kueue.x-k8s.io")]:
        if time.monotonic() > deadline:
            raise ClusterError(f"Still there after {_PATIENCE:.0f} s: {', '.join(left)}.")
        for kind in left:
            _release(api, kind)
        time.sleep(0.1)
    api.delete(f"/api/v1/namespaces/{_NAMESPACE}")


def _release(api: Api, kind: str) -> None:
    """Take the finalizers off all objects of a kind."""
    for obj in (api.get(_path(kind)) or {}).get("items", []):
        meta = obj["metadata"]
        with suppress(OSError):  # gone meanwhile
            api.patch(
                _path(kind, meta.get("namespace"), meta["name"]), {"metadata": {"finalizers": None}}
            )


def _path(kind: str, namespace: str | None = None, name: str = "") -> str:
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/kueue.x-k8s.io/{VERSION}{within}/{kind}" + (f"/{name}" if name else "")


def _private(etc: Path | str) -> list[str | Path]:
    """Return what to put before a command to run it with this folder in the place of /etc."""
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *rights, "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc]


def _certificates(layout: Layout, authority: Authority) -> Path:
    """Put the serving certificate where Kueue looks for it; return the webhook's folder."""
    certificate, key = authority.issue("kueue-server", NAME, hosts=(layout.address,))
    folder = layout.state / "kueue-etc" / "kueue" / "metrics" / "certs"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(certificate, folder / "tls.crt")
    shutil.copy(key, folder / "tls.key")
    return folder


def _settings(layout: Layout, certificates: Path) -> dict[str, object]:
    address = layout.address
    return {
        "apiVersion": f"config.kueue.x-k8s.io/{VERSION}",
        "kind": "Configuration",
        "namespace": _NAMESPACE,
        "health": {"healthProbeBindAddress": f"{address}:{layout.port('kueue-health')}"},
        "metrics": {"bindAddress": "0"},
        "webhook": {
            "host": address,
            "port": layout.port("kueue-webhook"),
            "certDir": str(certificates),
        },
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "managedJobsNamespaceSelector": {"matchLabels": OPT_IN},
        "integrations": {"frameworks": ["batch/job"]},
        "featureGates": {
            "VisibilityOnDemand": False,
            "MultiKueue": False,
            "TopologyAwareScheduling": False,
            "ManagedJobsNamespaceSelectorAlwaysRespected": True,
        },
    }


def _definitions(cache: Path) -> Iterator[dict[str, Any]]:
    """Return Kueue's kinds in one version, for which no conversion is needed."""
    for kind in _KINDS:
        crd = yaml.safe_load(
            (_manifests(cache) / "crd" / f"kueue.x-k8s.io_{kind}.yaml").read_text()
        )
        spec = crd["spec"]
        spec.pop("conversion", None)
        spec["versions"] = [each for each in spec["versions"] if each["name"] == VERSION]
        for version in spec["versions"]:
            _drop_descriptions(version["schema"]["openAPIV3Schema"])
        yield crd


def _drop_descriptions(schema: Any) -> None:
    """Drop the prose of a schema: three quarters of what the API server would keep of it."""
    if isinstance(schema, dict):
        if isinstance(schema.get("description"), str):
            del schema["description"]
        for value in schema.values():
            _drop_descriptions(value)
    elif isinstance(schema, list):
        for value in schema:
            _drop_descriptions(value)


def _webhook(cache: Path) -> dict[str, Any]:
    documents = yaml.safe_load_all((_manifests(cache) / "webhook.yaml").read_text())
    hooks = [hook for document in documents for hook in document["webhooks"]]
    return next(hook for hook in hooks if hook["name"] == _JOBS_WEBHOOK)


def _manifests(cache: Path) -> Path:
    """Return the folder of the module's own manifests, copied beside the binary the first time."""
    kept = tool(cache, NAME).parent / "manifests"
    if kept.is_dir():
        return kept
    done = subprocess.run(
        ["go", "mod", "download", "-json", f"sigs.k8s.io/kueue@v{KUEUE}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ClusterError(f"Kueue's manifests cannot be had:\n{done.stdout}{done.stderr}")
    components = Path(json.loads(done.stdout)["Dir"]) / "config" / "components"
    partial = kept.with_name(f"manifests.{os.getpid()}")
    shutil.copytree(components / "crd" / "bases", partial / "crd")
    shutil.copy(components / "webhook" / "manifests.yaml", partial / "webhook.yaml")
    try:
        partial.rename(kept)
    except OSError:  # another one was faster
        shutil.rmtree(partial)
    return kept

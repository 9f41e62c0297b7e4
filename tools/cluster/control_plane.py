"""etcd, kube-apiserver, kube-controller-manager and kube-scheduler: their command lines."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.cluster.api import Api, write_kubeconfig
from tools.cluster.certificates import Authority
from tools.cluster.layout import Kind, Layout
from tools.cluster.objects import answers
from tools.cluster.parts import tool
from tools.cluster.settings import recycler_pod


@dataclass(frozen=True)
class Component:
    """One process: how it is started, and how one sees that it serves."""

    name: str
    arguments: list[str | Path]
    ready: Callable[[], bool]
    environment: dict[str, str] = field(default_factory=dict)


def server(layout: Layout) -> str:
    """Return the API server's address."""
    return f"https://{layout.address}:{layout.port('kube-apiserver')}"


def components(layout: Layout, authority: Authority) -> list[Component]:
    """Return the control plane in the order in which it is started."""
    api = Api(server(layout), authority)
    return [
        _etcd(layout),
        Component("kube-apiserver", _apiserver(layout, authority), api.healthy),
        _controller_manager(layout, authority, api),
        _scheduler(layout, authority),
    ]


def _etcd(layout: Layout) -> Component:
    clients = f"http://{layout.address}:{layout.port('etcd')}"
    peers = f"http://{layout.address}:{layout.port('etcd-peer')}"
    arguments: list[str | Path] = [
        tool(layout.cache, "etcd"),
        f"--data-dir={layout.state / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",  # a test cluster need not outlive a power cut
        "--quota-backend-bytes=4294967296",
        "--auto-compaction-retention=10m",
        "--log-level=warn",
    ]
    return Component("etcd", arguments, lambda: answers(f"{clients}/health"))


def _apiserver(layout: Layout, authority: Authority) -> list[str | Path]:
    certificate, key = authority.issue(
        "kube-apiserver",
        "kube-apiserver",
        hosts=(
            layout.address,
            layout.kubernetes_service,
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ),
    )
    client, client_key = authority.issue("kubelet-client", "kubelet-client", ("system:masters",))
    signing, public = authority.service_account_key()
    return [
        tool(layout.cache, "kube-apiserver"),
        f"--etcd-servers=http://{layout.address}:{layout.port('etcd')}",
        f"--bind-address={layout.address}",
        f"--advertise-address={layout.address}",
        f"--secure-port={layout.port('kube-apiserver')}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--client-ca-file={authority.certificate_file}",
        f"--kubelet-client-certificate={client}",
        f"--kubelet-client-key={client_key}",
        f"--kubelet-certificate-authority={authority.certificate_file}",
        # by default it asks a DNS server for the node's name before `kubectl logs`
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-key-file={public}",
        f"--service-account-signing-key-file={signing}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-cluster-ip-range={layout.services}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        *(["--endpoint-reconciler-type=none"] if layout.kind is Kind.CONTROL_PLANE else []),
    ]


def _controller_manager(layout: Layout, authority: Authority, api: Api) -> Component:
    kubeconfig = write_kubeconfig(
        layout.state / "kube-controller-manager.kubeconfig",
        server(layout),
        authority,
        "kube-controller-manager",
        "system:kube-controller-manager",
    )
    recycler = layout.state / "recycler.json"
    recycler.write_text(json.dumps(recycler_pod()))
    signing, _ = authority.service_account_key()
    arguments: list[str | Path] = [
        tool(layout.cache, "kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        f"--bind-address={layout.address}",
        f"--secure-port={layout.port('kube-controller-manager')}",
        f"--service-account-private-key-file={signing}",
        f"--root-ca-file={authority.certificate_file}",
        f"--cluster-signing-cert-file={authority.certificate_file}",
        f"--cluster-signing-key-file={authority.key_file}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        # the defaults (20 and 30 a second) would be what a thousand trials wait for
        "--kube-api-qps=100",
        "--kube-api-burst=200",
        f"--pv-recycler-pod-template-filepath-hostpath={recycler}",
    ]
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    return Component("kube-controller-manager", arguments, lambda: api.get(account) is not None)


def _scheduler(layout: Layout, authority: Authority) -> Component:
    kubeconfig = write_kubeconfig(
        layout.state / "kube-scheduler.kubeconfig",
        server(layout),
        authority,
        "kube-scheduler",
        "system:kube-scheduler",
    )
    serving, key = authority.issue(
        "kube-scheduler-server", "kube-scheduler", hosts=(layout.address,)
    )
    port = layout.port("kube-scheduler")
    arguments: list[str | Path] = [
        tool(layout.cache, "kube-scheduler"),
        f"--kubeconfig={kubeconfig}",
        f"--bind-address={layout.address}",
        f"--secure-port={port}",
        f"--tls-cert-file={serving}",
        f"--tls-private-key-file={key}",
        "--leader-elect=false",
        "--kube-api-qps=100",
        "--kube-api-burst=200",
    ]
    health = Api(f"https://{layout.address}:{port}", authority)
    return Component("kube-scheduler", arguments, lambda: health.healthy("/healthz"))

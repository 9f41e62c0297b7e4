"""The full cluster's node: containerd, kubelet, kube-proxy, CoreDNS, KWOK, and what it offers."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.cluster import cgroups, images, network, objects
from tools.cluster.api import Api, write_kubeconfig
from tools.cluster.archive import names_in
from tools.cluster.certificates import Authority
from tools.cluster.control_plane import Component, server
from tools.cluster.errors import ClusterError
from tools.cluster.layout import Kind, Layout
from tools.cluster.parts import tool
from tools.cluster.process import last_lines
from tools.cluster.progress import Progress
from tools.cluster.settings import containerd_settings, dns_settings, kubelet_settings

READY_SECONDS = 90.0
_MANIFESTS = Path(__file__).parent / "manifests"
_ADMINISTRATORS = ("system:masters",)


def prepare(layout: Layout, progress: Progress) -> None:
    """Make what must be there before the first process: network, cgroup, images, settings."""
    pause = images.pause_archive(layout.cache)
    base = images.base_archive(layout.cache, progress)
    network.make(layout)
    cgroups.make(layout)
    layout.sockets.mkdir(parents=True, exist_ok=True)
    (layout.state / "cni").mkdir(parents=True, exist_ok=True)
    (layout.state / "resolv.conf").write_text("# pods ask the cluster's own DNS server\n")
    (layout.state / "images.json").write_text(json.dumps([str(pause), str(base)]))
    (layout.state / "cni" / "pods.conflist").write_text(json.dumps(network.pod_network(layout)))
    (layout.state / "containerd.toml").write_text(containerd_settings(layout))


def supervision(layout: Layout) -> Path | None:
    """Return the cgroup that the cluster's processes join, if it has one."""
    return cgroups.supervision(layout) if layout.kind is Kind.FULL else None


def components(layout: Layout, authority: Authority) -> list[Component]:
    """Return the node's processes in the order in which they are started."""
    api = Api(server(layout), authority)
    return [
        _containerd(layout),
        _kubelet(layout, authority, api),
        _proxy(layout, authority),
        _dns(layout, authority),
        _kwok(layout, authority),
    ]


def furnish(layout: Layout, authority: Authority, progress: Progress) -> None:
    """Give the cluster its images, GPUs and volumes, and wait until it runs pods."""
    api = Api(server(layout), authority)
    for archive in json.loads((layout.state / "images.json").read_text()):
        if not all(images.has_image(layout, name) for name in names_in(Path(archive))):
            with progress.step(f"load {Path(archive).stem}"):
                images.load_image(layout, Path(archive))
    with progress.step("offer GPUs and volumes"):
        since = (layout.state / "pids" / "kubelet").stat().st_mtime
        ready = partial(objects.node_ready, api, layout, since)
        _wait(layout, "kubelet", "the node to be Ready", ready)
        objects.offer_gpus(api, layout)
        objects.offer_volumes(api, layout)


def clear(layout: Layout) -> None:
    """End every process of the cluster and of its pods."""
    cgroups.kill(layout)


def remove(layout: Layout) -> None:
    """Undo mounts and network, so that the state folder can be deleted."""
    for _ in range(2):  # what was mounted over another mount shows only when that is gone
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        ours = (f"{layout.state}/", f"{layout.sockets}/")
        for mount in reversed([mount for mount in mounts if mount.startswith(ours)]):
            subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
    network.remove(layout)
    shutil.rmtree(layout.sockets, ignore_errors=True)
    logs = Path("/var/log/containers")
    for link in logs.iterdir() if logs.is_dir() else ():
        if link.is_symlink() and link.readlink().is_relative_to(layout.state):
            link.unlink()


def _wait(layout: Layout, component: str, what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(
                f"Waited {READY_SECONDS:.0f} s in vain for {what}.\n"
                f"{last_lines(layout.state, component)}"
            )
        time.sleep(0.1)


def _containerd(layout: Layout) -> Component:
    binary = tool(layout.cache, "containerd")
    ask = [str(tool(layout.cache, "ctr")), "--address", str(layout.containerd_socket), "version"]
    return Component(
        "containerd",
        [binary, "--config", layout.state / "containerd.toml"],
        lambda: subprocess.run(ask, capture_output=True, check=False).returncode == 0,
        # it looks for its shim on the PATH
        {"PATH": f"{binary.parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
    )


def _kubelet(layout: Layout, authority: Authority, api: Api) -> Component:
    user = f"system:node:{layout.node}"
    kubeconfig = write_kubeconfig(
        layout.state / "kubelet.kubeconfig",
        server(layout),
        authority,
        "kubelet",
        user,
        ("system:nodes",),
    )
    certificate, key = authority.issue("kubelet-server", user, hosts=(layout.address, layout.node))
    settings = layout.state / "kubelet.json"
    content = kubelet_settings(layout, authority.certificate_file, certificate, key)
    settings.write_text(json.dumps(content, indent=1))
    arguments: list[str | Path] = [
        tool(layout.cache, "kubelet"),
        f"--config={settings}",
        f"--kubeconfig={kubeconfig}",
        f"--root-dir={layout.state / 'kubelet'}",
        f"--cert-dir={layout.certificates}",
        f"--hostname-override={layout.node}",
        f"--node-ip={layout.address}",
    ]
    path = f"/api/v1/nodes/{layout.node}"
    return Component("kubelet", arguments, lambda: api.get(path) is not None)


def _proxy(layout: Layout, authority: Authority) -> Component:
    kubeconfig = write_kubeconfig(
        layout.state / "kube-proxy.kubeconfig",
        server(layout),
        authority,
        "kube-proxy",
        "system:kube-proxy",
    )
    arguments: list[str | Path] = [
        tool(layout.cache, "kube-proxy"),
        f"--kubeconfig={kubeconfig}",
        f"--hostname-override={layout.node}",
        f"--cluster-cidr={layout.pods}",
        f"--bind-address={layout.address}",
        f"--healthz-bind-address={layout.address}:10256",
        "--proxy-mode=iptables",
        # these three would write settings of the machine's kernel
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
    ]
    health = f"http://{layout.address}:10256/healthz"
    return Component("kube-proxy", arguments, lambda: objects.answers(health))


def _dns(layout: Layout, authority: Authority) -> Component:
    kubeconfig = write_kubeconfig(
        layout.state / "coredns.kubeconfig",
        server(layout),
        authority,
        "coredns",
        "coredns",
        _ADMINISTRATORS,
    )
    settings = layout.state / "Corefile"
    settings.write_text(dns_settings(layout, kubeconfig))
    ready = f"http://{layout.address}:8181/ready"
    return Component(
        "coredns",
        [tool(layout.cache, "coredns"), "-conf", settings],
        lambda: objects.answers(ready),
    )


def _kwok(layout: Layout, authority: Authority) -> Component:
    kubeconfig = write_kubeconfig(
        layout.state / "kwok.kubeconfig", server(layout), authority, "kwok", "kwok", _ADMINISTRATORS
    )
    address = f"{layout.address}:10247"
    arguments: list[str | Path] = [
        tool(layout.cache, "kwok"),
        f"--kubeconfig={kubeconfig}",
        f"--config={_MANIFESTS / 'simulation.yaml'}",
        f"--manage-nodes-with-annotation-selector={objects.SIMULATED}",
        f"--cidr={layout.simulated_pods}",
        f"--node-ip={layout.address}",
        "--node-lease-duration-seconds=40",
        f"--server-address={address}",
    ]
    return Component("kwok", arguments, lambda: objects.answers(f"http://{address}/healthz"))

"""The cluster's own network namespace, and the machine's way into it.

Nothing of the cluster listens on the machine's own addresses and nothing leaves the machine:
the namespace has routes to its pods, its services and the other end of one veth pair only.
"""

import subprocess
from pathlib import Path

from tools.cluster.errors import ClusterError
from tools.cluster.layout import Layout


def enter(layout: Layout) -> list[str]:
    """Return what to put before a command to run it inside the namespace.

    Not `ip netns exec`: it mounts /sys anew, which hides the cgroups from the kubelet.
    """
    return ["nsenter", f"--net=/run/netns/{layout.netns}"] if layout.netns else []


def make(layout: Layout) -> None:
    """Make the namespace and the routes; what is there already stays."""
    outside, inside = layout.veth
    if not Path(f"/run/netns/{layout.netns}").exists():
        _run(["ip", "netns", "add", str(layout.netns)])
    if not Path(f"/sys/class/net/{outside}").exists():
        peer = ["peer", "name", inside, "netns", str(layout.netns)]
        _run(["ip", "link", "add", outside, "type", "veth", *peer])
    _run(["ip", "address", "replace", f"{layout.host_address}/30", "dev", outside])
    _run(["ip", "link", "set", outside, "up"])
    for target in (layout.pods, layout.services):
        _run(["ip", "route", "replace", target, "via", layout.address])
    within = enter(layout)
    _run([*within, "ip", "link", "set", "lo", "up"])
    _run([*within, "ip", "address", "replace", f"{layout.address}/30", "dev", inside])
    _run([*within, "ip", "link", "set", inside, "up"])
    # a packet needs a route before kube-proxy's rules can turn a service's address into a pod's
    by = ["dev", inside, "src", layout.address]
    _run([*within, "ip", "route", "replace", layout.services, *by])
    _run([*within, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])


def remove(layout: Layout) -> None:
    """Remove the namespace; the veth pair and the routes go with it."""
    if Path(f"/sys/class/net/{layout.veth[0]}").exists():
        _run(["ip", "link", "delete", layout.veth[0]])
    if Path(f"/run/netns/{layout.netns}").exists():
        _run(["ip", "netns", "delete", str(layout.netns)])


def pod_network(layout: Layout) -> dict[str, object]:
    """Return the CNI configuration: a veth pair a pod, all traffic routed.

    With `ptp` and not a bridge, the way from pod to service to pod needs no br_netfilter.
    """
    addresses = {
        "type": "host-local",
        "dataDir": str(layout.state / "addresses"),
        "ranges": [[{"subnet": layout.pods}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {
        "cniVersion": "1.0.0",
        "name": layout.cgroup,
        "plugins": [{"type": "ptp", "ipam": addresses}],
    }


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")

"""Where a cluster lives: every path, address and port follows from its name, kind and slot.

Pure but for the two functions at the end, which read the environment and the machine.
"""

import ipaddress
import json
import os
import re
import socket
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tools.cluster.errors import ClusterError

SLOTS = 64
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


class Kind(StrEnum):
    """What is started: everything, or the control plane alone."""

    FULL = "full"
    CONTROL_PLANE = "control-plane"


@dataclass(frozen=True)
class Layout:
    """One cluster's places.

    Parameters
    ----------
    name
        The name that the person gave (`ESPALIER_CLUSTER`).
    kind
        Full clusters live in a network namespace, bare control planes on loopback.
    slot
        A small number that no other cluster of this machine has; addresses and ports follow.
    cache
        The folder of everything built and kept.
    """

    name: str
    kind: Kind
    slot: int
    cache: Path

    @property
    def state(self) -> Path:
        return state_of(self.cache, self.name, self.kind)

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def certificates(self) -> Path:
        return self.state / "certificates"

    @property
    def sockets(self) -> Path:
        """Unix sockets: a path of at most 107 bytes, hence not under the home folder."""
        return Path("/run") / self.cgroup

    @property
    def containerd_socket(self) -> Path:
        return self.sockets / "containerd.sock"

    @property
    def network(self) -> str:
        """The cluster's own /16; the blocks below are parts of it."""
        return f"10.{64 + self.slot}.0.0/16"

    @property
    def host_address(self) -> str:
        """The machine's end of the veth pair."""
        return f"10.{64 + self.slot}.0.1"

    @property
    def address(self) -> str:
        """Where the API server and the node are reached."""
        return f"10.{64 + self.slot}.0.2" if self.kind is Kind.FULL else "127.0.0.1"

    @property
    def pods(self) -> str:
        return f"10.{64 + self.slot}.64.0/18"

    @property
    def simulated_pods(self) -> str:
        """Addresses that KWOK writes into the status of its pods."""
        return f"10.{64 + self.slot}.192.0/18"

    @property
    def services(self) -> str:
        return f"10.{64 + self.slot}.128.0/18"

    @property
    def kubernetes_service(self) -> str:
        return f"10.{64 + self.slot}.128.1"

    @property
    def netns(self) -> str | None:
        return self.cgroup if self.kind is Kind.FULL else None

    @property
    def veth(self) -> tuple[str, str]:
        """The pair's names, outside and inside; the kernel allows 15 characters."""
        return f"espalier{self.slot}", f"node{self.slot}"

    @property
    def cgroup(self) -> str:
        """Its name holds the slot, as another cache folder may have a cluster of this name."""
        return f"espalier-{self.slot}-{self.name}"

    @property
    def node(self) -> str:
        return f"{self.name}-node"

    def port(self, component: str) -> int:
        """The port of a component, its usual one where the cluster has its own network."""
        usual = {
            "kube-apiserver": 6443,
            "etcd": 2379,
            "etcd-peer": 2380,
            "kube-controller-manager": 10257,
            "kube-scheduler": 10259,
            "kueue-webhook": 9443,
            "kueue-health": 8081,
        }
        if self.kind is Kind.FULL:
            return usual[component]
        return 21000 + 10 * self.slot + list(usual).index(component)

    @property
    def ports(self) -> tuple[int, ...]:
        """Ports taken on the machine's own loopback."""
        if self.kind is Kind.FULL:
            return ()
        return tuple(21000 + 10 * self.slot + offset for offset in range(7))


def checked_name(name: str) -> str:
    """Return the name, or say what a name must look like."""
    if not _NAME.fullmatch(name):
        raise ClusterError(
            f"ESPALIER_CLUSTER is {name!r}: expected at most 32 lower-case letters, digits and "
            "inner hyphens. Set it to such a name."
        )
    return name


def state_of(cache: Path, name: str, kind: Kind) -> Path:
    """Return the folder of one cluster."""
    return cache / "clusters" / name / kind.value


def choose_slot(taken: Collection[int], usable: Callable[[int], bool]) -> int:
    """Return the first slot that no cluster has and the machine leaves free."""
    for slot in range(SLOTS):
        if slot not in taken and usable(slot):
            return slot
    raise ClusterError(
        f"All {SLOTS} places for clusters are taken. `python -m tools.cluster status` lists them; "
        "take one down with ESPALIER_CLUSTER=NAME python -m tools.cluster down."
    )


def overlaps(network: str, routes: Collection[str]) -> bool:
    """Tell whether one of the machine's routes already leads into the network."""
    wanted = ipaddress.ip_network(network)
    return any(wanted.overlaps(ipaddress.ip_network(route, strict=False)) for route in routes)


def cache_folder() -> Path:
    """Return the folder of everything built and kept: ESPALIER_CACHE, or one in the home folder."""
    chosen = os.environ.get("ESPALIER_CACHE")
    return Path(chosen).expanduser().resolve() if chosen else Path.home() / ".cache" / "espalier"


def known(cache: Path) -> list[Layout]:
    """Return every cluster that has a state folder, running or not."""
    found = []
    for record in sorted((cache / "clusters").glob("*/*/cluster.json")):
        kind = Kind(record.parent.name)
        slot = json.loads(record.read_text())["slot"]
        found.append(Layout(record.parent.parent.name, kind, slot, cache))
    return found


def machine_leaves_free(layout: Layout) -> bool:
    """Tell whether no route and no listener of the machine is in the layout's way."""
    if layout.kind is Kind.FULL:
        answer = subprocess.run(
            ["ip", "-4", "-o", "route", "show"], capture_output=True, text=True, check=False
        )
        targets = [line.split()[0] for line in answer.stdout.splitlines() if line]
        return not overlaps(layout.network, [t for t in targets if t[0].isdigit()])
    return all(_port_is_free(port) for port in layout.ports)


def _port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

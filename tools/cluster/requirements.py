"""What the machine must offer, and what still works where it does not."""

import os
import platform
import shutil
from pathlib import Path

from tools.cluster import debian
from tools.cluster.errors import ClusterError
from tools.cluster.layout import Kind
from tools.cluster.progress import Progress

PACKAGES = {
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "conntrack": "conntrack",
    "iptables": "iptables",
    "ip": "iproute2",
    "mount": "mount",
    "nsenter": "util-linux",
    "buildah": "buildah",
    "newuidmap": "uidmap",
    "debootstrap": "debootstrap",
}
_INSTEAD = (
    "What works here: `python -m tools.cluster up --control-plane-only` (API server, controller "
    "manager, scheduler: all that the tests in tests/integration ask for), and any cluster of "
    "your own with KUBECONFIG set."
)


def check(kind: Kind, progress: Progress) -> None:
    """Install what is missing if that can be done, else say what is missing.

    Raises
    ------
    ClusterError
        With everything that is missing, and what works without it.
    """
    if kind is Kind.CONTROL_PLANE:
        if platform.system() not in ("Linux", "Darwin"):
            raise ClusterError(
                f"etcd and the API server run on Linux and macOS; this is {platform.system()}. "
                "Set KUBECONFIG to use a cluster that you have."
            )
        return
    obstacles = _obstacles()
    if obstacles:
        lines = "\n".join(f"  - {obstacle}" for obstacle in obstacles)
        raise ClusterError(f"A full cluster cannot run here:\n{lines}\n{_INSTEAD}")
    packages = missing_packages()
    if packages:
        debian.install(packages, progress)
        still = missing_packages()
        if still:
            raise ClusterError(f"Installed, but commands are still missing of: {', '.join(still)}.")


def missing_packages() -> list[str]:
    """Return the Debian packages whose commands are not there."""
    return sorted({package for command, package in PACKAGES.items() if not shutil.which(command)})


def _obstacles() -> list[str]:
    found = []
    if platform.system() != "Linux":
        return [f"containers need Linux; this is {platform.system()}"]
    if os.geteuid() != 0:
        found.append("network namespaces and containerd need root; run it with sudo -E")
    if "overlay" not in Path("/proc/filesystems").read_text():
        found.append("the kernel has no overlay file system; try `modprobe overlay`")
    if not Path("/proc/sys/net/netfilter").exists():
        found.append("the kernel has no connection tracking; try `modprobe nf_conntrack`")
    packages = missing_packages()
    if packages and not shutil.which("apt-get"):
        found.append(
            f"the commands of these Debian packages are missing: {', '.join(packages)}; install "
            "them with this system's package manager"
        )
    return found

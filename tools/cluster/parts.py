"""What the cluster is made of, each part at one version.

Kubernetes and etcd cannot be installed with `go install …@version` because their modules
replace others; a go.mod of ours in `go/` pins them: change a version there too, then run
`go mod tidy` in that folder.
"""

from dataclasses import dataclass
from pathlib import Path

KUBERNETES = "1.36.3"
STAGING = "0.36.3"
ETCD = "3.6.16"
CONTAINERD = "2.4.2"
COREDNS = "1.15.0"
HELM = "4.3.1"
KWOK = "0.8.0"
KUEUE = "0.17.0"
PAUSE = "1"

_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Part:
    """Commands that are built together.

    Parameters
    ----------
    name
        What a person reads.
    folder
        In the cache; carries the version, so that a new one is built and an old one kept.
    commands
        Name of each binary and its Go package.
    module
        Folder under `go/` with the go.mod to build in; else each package is installed with
        its own module's pins, at `version`.
    version
        For `go install`.
    flags
        For the linker.
    """

    name: str
    folder: str
    commands: tuple[tuple[str, str], ...]
    module: str | None = None
    version: str = ""
    flags: str = ""

    def missing(self, cache: Path) -> tuple[tuple[str, str], ...]:
        """Return the commands that are not in the cache."""
        return tuple(pair for pair in self.commands if not (cache / self.folder / pair[0]).exists())


def _kubernetes(name: str, *commands: str) -> Part:
    major, minor, _ = KUBERNETES.split(".")
    return Part(
        name=f"{name} {KUBERNETES}",
        folder=f"kubernetes-{KUBERNETES}",
        commands=tuple((command, f"k8s.io/kubernetes/cmd/{command}") for command in commands),
        module="kubernetes",
        flags=(
            f"-X {_VERSION}.gitVersion=v{KUBERNETES} "
            f"-X {_VERSION}.gitMajor={major} -X {_VERSION}.gitMinor={minor}"
        ),
    )


_CONTAINERD = "github.com/containerd/containerd/v2/cmd"

CONTROL_PLANE = (
    _kubernetes(
        "Kubernetes control plane",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubectl",
    ),
    Part("etcd " + ETCD, f"etcd-{ETCD}", (("etcd", "go.etcd.io/etcd/server/v3"),), module="etcd"),
)
NODE = (
    _kubernetes("Kubernetes node", "kubelet", "kube-proxy"),
    Part(
        "containerd " + CONTAINERD,
        f"containerd-{CONTAINERD}",
        tuple(
            (command, f"{_CONTAINERD}/{command}")
            for command in ("containerd", "containerd-shim-runc-v2", "ctr")
        ),
        version=CONTAINERD,
    ),
    Part("pause " + PAUSE, f"pause-{PAUSE}", (("pause", "."),), module="pause"),
    Part(
        "CoreDNS " + COREDNS,
        f"coredns-{COREDNS}",
        (("coredns", "github.com/coredns/coredns"),),
        version=COREDNS,
    ),
    Part("KWOK " + KWOK, f"kwok-{KWOK}", (("kwok", "sigs.k8s.io/kwok/cmd/kwok"),), version=KWOK),
    Part("helm " + HELM, f"helm-{HELM}", (("helm", "helm.sh/helm/v4/cmd/helm"),), version=HELM),
)

QUEUE = (
    Part(
        "Kueue " + KUEUE,
        f"kueue-{KUEUE}",
        (("kueue", "sigs.k8s.io/kueue/cmd/kueue"),),
        version=KUEUE,
    ),
)


def tool(cache: Path, command: str) -> Path:
    """Return the path of a command that was built."""
    for part in (*CONTROL_PLANE, *NODE, *QUEUE):
        if command in dict(part.commands):
            return cache / part.folder / command
    raise KeyError(command)

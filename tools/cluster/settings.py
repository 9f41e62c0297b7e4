"""The settings files of the controller manager, containerd, kubelet and CoreDNS."""

from pathlib import Path

from tools.cluster.images import BASE, PAUSE_NAME
from tools.cluster.layout import Layout

DOMAIN = "cluster.local"


def containerd_settings(layout: Layout) -> str:
    """Return containerd's settings: everything under the cluster's own folders."""
    return f"""\
version = 3
root = "{layout.state}/containerd"
state = "{layout.sockets}/containerd"

[grpc]
address = "{layout.containerd_socket}"

[plugins."io.containerd.internal.v1.opt"]
path = "{layout.state}/opt"

[plugins."io.containerd.nri.v1.nri"]
disable = true  # its socket would be every cluster's

[plugins."io.containerd.cri.v1.images"]
snapshotter = "overlayfs"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{PAUSE_NAME}"

[plugins."io.containerd.cri.v1.runtime"]
# without the right to lower it, runc fails with "can't get final child's PID from pipe: EOF"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{layout.state}/cni"
"""


def kubelet_settings(
    layout: Layout, authority: Path, certificate: Path, key: Path
) -> dict[str, object]:
    """Return the kubelet's settings."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": layout.address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(certificate),
        "tlsPrivateKeyFile": str(key),
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "clusterDNS": [layout.address],
        "clusterDomain": DOMAIN,
        "resolvConf": str(layout.state / "resolv.conf"),
        "podLogsDir": str(layout.state / "pods"),
        "volumePluginDir": str(layout.state / "volume-plugins"),
        "maxPods": 250,
        # images cannot be pulled again, hence none is ever deleted
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
        },
    }


def dns_settings(layout: Layout, kubeconfig: Path) -> str:
    """Return CoreDNS's settings: the cluster's names, and none but these."""
    return f"""\
{DOMAIN}:53 in-addr.arpa:53 {{
    bind {layout.address}
    errors
    ready {layout.address}:8181
    kubernetes {DOMAIN} in-addr.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 5
    }}
}}
.:53 {{
    bind {layout.address}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def recycler_pod() -> dict[str, object]:
    """Return the pod with which the controller manager empties a released volume."""
    container = {
        "name": "recycler",
        "image": BASE,
        "imagePullPolicy": "Never",
        "command": ["find", "/scrub", "-mindepth", "1", "-delete"],
        "volumeMounts": [{"name": "volume", "mountPath": "/scrub"}],
    }
    volume = {"name": "volume", "hostPath": {"path": "/replaced-by-the-controller-manager"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "recycler", "namespace": "default"},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            "volumes": [volume],
        },
    }

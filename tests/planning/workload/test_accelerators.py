"""Which resources count accelerators, and which are only parts or limits of one."""

from __future__ import annotations

import pytest

from espalier.planning.world.observe import gpus_of

DEVICES = [
    "nvidia.com/gpu",
    "nvidia.com/gpu.shared",
    "nvidia.com/mig-1g.5gb",
    "nvidia.com/mig-3g.40gb.shared",
    "amd.com/gpu",
    "amd.com/cpx_nps4",
    "gpu.intel.com/i915",
    "gpu.intel.com/xe",
    "google.com/tpu",
    "cloud-tpus.google.com/v3",
    "aws.amazon.com/neuron",
    "aws.amazon.com/neuroncore",
    "aws.amazon.com/neurondevice",
    "habana.ai/gaudi",
    "huawei.com/Ascend910",
    "huawei.com/Ascend310P",
    "huawei.com/Ascend910B",
    "huawei.com/Ascend910-4c.3cpu",
    "cambricon.com/mlu",
    "cambricon.com/vmlu",
    "hygon.com/dcu",
    "enflame.com/gcu",
    "iluvatar.ai/vgpu",
    "mthreads.com/gpu",
    "metax-tech.com/sgpu",
    "volcano.sh/vgpu-number",
    "aliyun.com/gpu-count",
    "furiosa.ai/rngd",
    "qualcomm.com/qaic",
]
OTHERS = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "hugepages-2Mi",
    "nvidia.com/gpumem",
    "nvidia.com/gpumem-percentage",
    "nvidia.com/gpucores",
    "nvidia.com/gpu-memory",
    "nvidia.com/gpu.memory",
    "nvidia.com/priority",
    "volcano.sh/vgpu-memory",
    "volcano.sh/vgpu-cores",
    "volcano.sh/gpu-memory",
    "aliyun.com/gpu-mem",
    "gpu.intel.com/i915_monitoring",
    "gpu.intel.com/xe_monitoring",
    "gpu.intel.com/millicores",
    "gpu.intel.com/memory.max",
    "huawei.com/Ascend910B-memory",
    "huawei.com/npu-core",
    "hygon.com/dcumem",
    "cambricon.com/mlu.smlu.vmemory",
    "koordinator.sh/gpu",
    "koordinator.sh/gpu-memory-ratio",
    "tencent.com/vcuda-memory",
    "rdma/hca_shared_devices_a",
    "intel.com/intel_sriov_netdevice",
    "smarter-devices/fuse",
    "example.com/dongle",
]


def pod_spec(**limits: object) -> dict[str, object]:
    return {"containers": [{"name": "trainer", "resources": {"limits": limits}}]}


@pytest.mark.parametrize("name", DEVICES)
def test_devices_count(name: str) -> None:
    assert gpus_of(pod_spec(**{name: "4"})) == 4.0
    assert gpus_of(pod_spec(**{name: 2})) == 2.0


@pytest.mark.parametrize("name", OTHERS)
def test_what_only_goes_with_a_device_does_not(name: str) -> None:
    assert gpus_of(pod_spec(**{name: "16384", "nvidia.com/gpu": "1"})) == 1.0


def test_all_containers_count_and_a_request_is_its_limit() -> None:
    both = {"limits": {"nvidia.com/gpu": "1"}, "requests": {"nvidia.com/gpu": "1"}}
    containers = [{"resources": both}, {"resources": {"limits": {"amd.com/gpu": "2"}}}, {}]
    assert gpus_of({"containers": containers}) == 3.0

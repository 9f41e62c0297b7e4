"""Studies that the end-to-end tests apply."""

from typing import Any

from tools.deploy import images_prefix

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def replay_study(
    name: str,
    namespace: str,
    *,
    trials: int = 8,
    parallelism: int = 4,
    steps: int = 10,
    step_seconds: float = 0.5,
    options: tuple[str, ...] = (),
    pruner: dict[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Make a study whose trainer replays recorded curves, one curve a trial (a grid).

    `options` are more of examples/replay/replay.py: a trial that must not end before something has
    happened stays (`--stay`), and one that may be pruned waits for that (`--await-judgement`).
    """
    container = {
        "name": "trainer",
        "image": f"{images_prefix()}/replay:dev",
        "imagePullPolicy": "IfNotPresent",
        "args": [f"--steps={steps}", f"--step-seconds={step_seconds}", "--metric=nll", *options],
        "securityContext": RESTRICTED,
        "resources": {
            "requests": {"cpu": "10m", "memory": "16Mi"},
            "limits": {"nvidia.com/gpu": "1"},
        },
    }
    body: dict[str, Any] = {
        "objective": {"metric": "nll", "direction": "Minimize"},
        "resource": {"name": "epoch", "max": steps},
        "parameters": [{"name": "curve", "int": {"min": 0, "max": max(trials - 1, 1)}}],
        "sampler": {"type": "Grid", "seed": 1},
        "pruner": pruner or {"type": "Nop"},
        "trials": {"max": trials, "parallelism": parallelism, "maxFailed": 3, "retries": 1},
        "pruning": {"gracePeriodSeconds": 2},
        "template": {"spec": {"containers": [container]}},
    }
    body.update(spec)
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {"name": name, "namespace": namespace},
        "spec": body,
    }

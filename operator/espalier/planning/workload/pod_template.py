"""The pods of a trial: the Study's template, with the parameters and the sidecar in it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from espalier.api.checks.template import check_size, check_template, trainer_of
from espalier.planning.workload.fittings.table import fit_collectors
from espalier.planning.workload.host_fields import check_host_fields
from espalier.planning.workload.kind import Manifest
from espalier.planning.workload.owned_fields import check_owned_fields, is_mount_of_ours
from espalier.planning.workload.proxies import past_proxies
from espalier.planning.workload.trial import labels_of
from espalier.planning.world import names
from espalier.planning.world.parameters_text import text_of_parameters
from espalier.planning.world.settings import OperatorSettings, SidecarSettings
from espalier.search import seed_of, text_of

if TYPE_CHECKING:
    from espalier.api import StudySpec
    from espalier.planning.world.snapshot import StudyView, TrialView

PORT = 9321
TERMINATION_MESSAGE = 4096
TERMINATION_MESSAGES = 12 * 1024
"""Bytes that the kubelet keeps of a container's message, and of all the messages of a pod."""
_READY = ["python3", "-SE", "-m", "espalier_sidecar", "ready"]


def equipped(
    study: StudyView,
    spec: StudySpec,
    trial: TrialView,
    number: int,
    settings: OperatorSettings,
    controllers: Mapping[str, str],
) -> Manifest:
    """Return the pod template of a trial.

    Parameters
    ----------
    controllers
        Labels of the pods that something else than Espalier writes, and what does.

    Raises
    ------
    SpecError
        If the template uses what the operator does not allow, or writes itself.
    """
    check_template(spec.template)
    check_size(spec.template, settings.template_bytes)
    template = copy.deepcopy(dict(spec.template))
    check_host_fields(template, settings.allowed)
    check_owned_fields(template, [each.name for each in spec.parameters], PORT, controllers)
    trainer = trainer_of(template, spec.trainer_container)
    meta = template.get("metadata") or {}
    labels = {**(meta.get("labels") or {}), **labels_of(study, trial.name, number)}
    template["metadata"] = {**meta, "labels": labels}
    pod = template["spec"]
    pod["restartPolicy"] = "Never"
    _default(pod, "automountServiceAccountToken", False)
    _default(pod, "enableServiceLinks", False)
    env = environment(study, spec, trial, number)
    for container in [*pod["containers"], *(pod.get("initContainers") or [])]:
        _equip(container, env)
        if container.get("name") == trainer:
            _default(container, "terminationMessagePolicy", "FallbackToLogsOnError")
    sidecar = _sidecar(study, spec, trial, pod, settings.sidecar)
    (training,) = (each for each in pod["containers"] if each.get("name") == trainer)
    fit_collectors(spec, training, sidecar)
    pod["initContainers"] = [
        sidecar,
        *(pod.get("initContainers") or []),
    ]
    pod["volumes"] = [*(pod.get("volumes") or []), *_volumes(settings.sidecar)]
    return template


def _default(obj: Manifest, field: str, value: object) -> None:
    """Set a field where the user wrote nothing, or null, which is the same to the API server."""
    if obj.get(field) is None:
        obj[field] = value


def _equip(container: Manifest, env: Sequence[Manifest]) -> None:
    """Give a container of the user's the parameters and the shared directory.

    Our variables come first: only those that come before it can a variable refer to.
    """
    own = [*copy.deepcopy(list(env)), *past_proxies(container)]
    container["env"] = [*own, *(container.get("env") or [])]
    mounts = container.get("volumeMounts") or []
    if not any(is_mount_of_ours(mount) for mount in mounts):
        mounts = [*mounts, {"name": names.VOLUME, "mountPath": names.MOUNT}]
    container["volumeMounts"] = mounts


def environment(study: StudyView, spec: StudySpec, trial: TrialView, number: int) -> list[Manifest]:
    """Return the variables that tell a trainer its parameters and how to report."""
    values = {f"PARAM_{name}": text_of(value) for name, value in trial.parameters.items()}
    values |= {
        "ESPALIER_PARAMETERS": _parameters(trial),
        "ESPALIER_REPORT_URL": f"http://localhost:{PORT}/report",
        "ESPALIER_REPORT_FILE": f"{names.MOUNT}/reports.jsonl",
        "ESPALIER_PRUNE_FILE": f"{names.MOUNT}/prune",
        "ESPALIER_PORT": str(PORT),
        "ESPALIER_TRIAL": f"{study.namespace}/{trial.name}",
        "ESPALIER_TRIAL_NUMBER": str(number),
        "ESPALIER_SEED": str(seed_of(spec.sampler.seed, number)),
        "ESPALIER_METRIC": spec.objective.metric,
        "ESPALIER_RESOURCE_MAX": str(spec.resource.max),
    }
    return [_variable(name, value) for name, value in values.items()]


def _parameters(trial: TrialView) -> str:
    return text_of_parameters(trial.parameters)


def _variable(name: str, value: str) -> Manifest:
    """Return a variable with exactly this value: ``$`` would start an expansion."""
    return {"name": name, "value": value.replace("$", "$$")}


def _sidecar(
    study: StudyView, spec: StudySpec, trial: TrialView, pod: Manifest, sidecar: SidecarSettings
) -> Manifest:
    collectors = [each.model_dump(mode="json", exclude_none=True) for each in spec.sources]
    values = {
        "ESPALIER_INGEST_URL": sidecar.ingest_url,
        "ESPALIER_CA_PEM": sidecar.ca_pem,
        "ESPALIER_TOKEN_FILE": f"{names.TOKEN_MOUNT}/token",
        "ESPALIER_TRIAL": f"{study.namespace}/{trial.name}",
        "ESPALIER_METRIC": spec.objective.metric,
        "ESPALIER_COLLECTORS": json.dumps(collectors),
        "ESPALIER_PARAMETERS": _parameters(trial),
        "ESPALIER_PORT": str(PORT),
        "ESPALIER_LAST_WORDS_BYTES": str(_last_words_bytes(pod)),
    }
    if spec.sidecar.keep_output_bytes:
        values["ESPALIER_OUTPUT_BYTES"] = str(spec.sidecar.keep_output_bytes)
    security: Manifest = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if (pod.get("securityContext") or {}).get("runAsUser") == 0:
        security["runAsUser"] = 65532
    container: Manifest = {
        "name": names.SIDECAR,
        "image": sidecar.image,
        "restartPolicy": "Always",
        "env": [_variable(name, value) for name, value in values.items()],
        "resources": (spec.sidecar.resources or sidecar.resources).to_dict(),
        # The kubelet starts the next container when this hook returns, without the second that a
        # start-up probe waits at least.
        "lifecycle": {"postStart": {"exec": {"command": list(_READY)}}},
        "securityContext": security,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {"name": names.VOLUME, "mountPath": names.MOUNT},
            {"name": names.TOKEN_VOLUME, "mountPath": names.TOKEN_MOUNT, "readOnly": True},
        ],
    }
    if sidecar.pull_policy:
        container["imagePullPolicy"] = sidecar.pull_policy
    return container


def _last_words_bytes(pod: Manifest) -> int:
    """Return the sidecar's share of what the kubelet keeps, which cuts all messages alike.

    Source: ``normalizeStatus`` in k8s.io/kubernetes/pkg/kubelet/status/status_manager.go.
    """
    containers = len(pod["containers"]) + len(pod.get("initContainers") or []) + 1
    return min(TERMINATION_MESSAGE, TERMINATION_MESSAGES // containers)


def _volumes(sidecar: SidecarSettings) -> list[Manifest]:
    token = {"path": "token", "audience": names.AUDIENCE, "expirationSeconds": 3600}
    return [
        {"name": names.VOLUME, "emptyDir": {"sizeLimit": sidecar.volume_limit}},
        {"name": names.TOKEN_VOLUME, "projected": {"sources": [{"serviceAccountToken": token}]}},
    ]

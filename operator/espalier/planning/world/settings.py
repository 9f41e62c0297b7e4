"""What the operator's own flags decide about plans; the Study decides the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from espalier.api.checks.template import MOST_BYTES
from espalier.api.resources import LEAST_MEMORY, AmountsSpec, ResourcesSpec
from espalier.planning.world.price import Price

HOST_FIELDS = frozenset({"hostNetwork", "hostPID", "hostIPC", "hostPath", "privileged", "nodeName"})
"""What a template may not use unless the operator's settings allow it."""

RESOURCES = ResourcesSpec(
    requests=AmountsSpec(cpu="10m", memory="32Mi"), limits=AmountsSpec(memory=LEAST_MEMORY)
)
"""The sidecar's own needs. A limit on its processor time would slow its start down."""


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """The container that Espalier adds to each trial's pod.

    Parameters
    ----------
    image, pull_policy
        Its image; an empty policy is left to the cluster.
    ingest_url, ca_pem
        Where it posts, and the CA that it trusts (public data, passed in an environment variable).
    resources
        Its requests and limits, where the Study does not set them.
    volume_limit
        Size limit of the ``emptyDir`` that it shares with the trainer.
    """

    image: str
    ingest_url: str
    ca_pem: str = ""
    pull_policy: str = ""
    resources: ResourcesSpec = RESOURCES
    volume_limit: str = "1Gi"


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """All that a plan depends on besides the snapshot and the time; times in seconds.

    Parameters
    ----------
    allowed
        Members of `HOST_FIELDS` that a template may use.
    template_bytes
        Largest size of a template as JSON.
    refusal_patience
        How long something may be refused, or fail by a cause that the cluster names, before the
        study says so.
    pod_patience
        How long a pod may wait to be made, to be given a node or to be let go before the study
        says so.
    metric_patience
        How long a trainer may run without a value before the study says so, while none of the
        study's other trials tells how long that takes.
    silence_patience
        How long a trainer that has reported may be silent, if ten of its steps take no longer.
    stall_patience
        How long anything may stand still for a reason that nothing tells.
    ask_after, ask_again
        After how long without progress the cluster is asked for the cause, and how often.
    progress_interval
        Least time between two writes of a trial's (or study's) progress.
    template_hold
        How long no trial is started after one ended by the template's fault, for each such trial
        of this template; a changed one is tried at once.
    max_parallelism
        How many trials of a study run at once at most, whatever the Study asks for.
    max_disruptions
        How often a trial may be disrupted by what runs below it before it is given up; what its
        queue does, or a suspension, is not counted.
    values_grace
        How long a pod whose trainer has ended may go on with its other containers: the sidecar
        delivers the last values.
    price
        What an hour of an accelerator costs, to be shown; None where nobody has said.
    """

    sidecar: SidecarSettings
    allowed: frozenset[str] = field(default_factory=frozenset)
    template_bytes: int = MOST_BYTES
    refusal_patience: float = 5.0
    pod_patience: float = 30.0
    metric_patience: float = 300.0
    silence_patience: float = 900.0
    stall_patience: float = 600.0
    ask_after: float = 3.0
    ask_again: float = 30.0
    progress_interval: float = 10.0
    template_hold: float = 60.0
    max_template_hold: float = 600.0
    max_parallelism: int = 1_000
    max_disruptions: int = 20
    values_grace: float = 30.0
    price: Price | None = None

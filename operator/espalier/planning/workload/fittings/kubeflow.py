"""What makes Hugging Face's Trainer report to the sidecar, with nothing changed in it.

Its callback adds itself wherever the address is set, and posts nothing without a token's file,
which the sidecar makes. Inside of a TrainJob the address of Kubeflow's controller wins: it is
written later than ours.
"""

from __future__ import annotations

from espalier.api.collectors import CollectorSpec
from espalier.planning.workload.fittings.fit import set_default, variable_of
from espalier.planning.workload.kind import Manifest
from espalier.planning.world import names

URL = "KUBEFLOW_TRAINER_SERVER_URL"
TOKEN = "KUBEFLOW_TRAINER_SERVER_TOKEN"


def fit_kubeflow(trainer: Manifest, _sidecar: Manifest, _collector: CollectorSpec) -> None:
    """Set the address and the token's file, unless the template names a server of its own."""
    if variable_of(trainer, URL) is not None:
        return
    port = variable_of(trainer, "ESPALIER_PORT")
    assert port is not None, "every container has it"
    set_default(trainer, TOKEN, f"{names.MOUNT}/kubeflow-token")
    set_default(trainer, URL, f"http://localhost:{port['value']}/kubeflow")

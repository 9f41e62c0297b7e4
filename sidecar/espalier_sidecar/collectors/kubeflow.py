"""Type Kubeflow: the progress that Hugging Face's Trainer reports by itself.

Its callback posts to `KUBEFLOW_TRAINER_SERVER_URL` wherever that is set, with a token that it must
find in a file; the sidecar asks for none, so that file says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collector, Context
from espalier_sidecar.collectors.served import ServedLater
from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.log import log_line
from espalier_sidecar.text import clip
from espalier_sidecar.volume import Folder

PREFIX = "/kubeflow"
TOKEN = "kubeflow-token"
EPOCH = "Epoch"
GLOBAL_STEP = "GlobalStep"


class KubeflowCallback(NamedTuple):
    """Which of its two counts is the step."""

    step: str
    """`EPOCH` or `GLOBAL_STEP`."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        _offer_token(context.volume)
        factory = "espalier_sidecar.collectors.kubeflow_status:KubeflowStatus"
        return ServedLater(PREFIX, factory, context, self)


def read_section(section: Mapping[str, Any]) -> KubeflowCallback:
    """Return what `spec.collector.kubeflow` says.

    Raises
    ------
    BadEnvironment
        If the step is none of the two.
    """
    step = section.get("step", EPOCH)
    if step not in (EPOCH, GLOBAL_STEP):
        raise BadEnvironment(f"kubeflow.step: expected {EPOCH} or {GLOBAL_STEP}; came {clip(step)}")
    return KubeflowCallback(step)


def _offer_token(volume: Folder) -> None:
    """Make the file without which the callback posts nothing."""
    try:
        volume.put(f".{TOKEN}.new", b"none-is-asked-for\n", 0o644, volume, TOKEN)
    except OSError as error:
        log_line(f"could not write {TOKEN}: {error}; Hugging Face's Trainer will report nothing")

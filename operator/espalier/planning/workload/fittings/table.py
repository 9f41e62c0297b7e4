"""Which fittings a collector has, by its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from espalier.api import StudySpec
from espalier.api.collectors import CollectorSpec
from espalier.planning.workload.fittings.fit import Fit, set_default
from espalier.planning.workload.fittings.kubeflow import fit_kubeflow
from espalier.planning.workload.fittings.mlflow import send_mlflow_through_sidecar
from espalier.planning.workload.fittings.mounts import mount_directory
from espalier.planning.workload.fittings.output import start_by_shell
from espalier.planning.workload.fittings.tensorboard import name_event_directory
from espalier.planning.workload.kind import Manifest
from espalier.planning.world import names

STANDS_FOR = ("MLflow", "Kubeflow")
"""What type Auto stands for, besides what every study has."""
FITS: Mapping[str, tuple[Fit, ...]] = {
    "Output": (start_by_shell,),
    "Log": (mount_directory,),
    "Csv": (mount_directory,),
    "MLflow": (send_mlflow_through_sidecar,),
    "TensorBoard": (mount_directory, name_event_directory),
    "Kubeflow": (fit_kubeflow,),
}


def fit_collectors(spec: StudySpec, trainer: Manifest, sidecar: Manifest) -> None:
    """Add what the study's collectors need to the containers of the trainer and of the sidecar.

    Raises
    ------
    SpecError
        If the template does not allow it.
    """
    for type_, collector in _expanded(spec):
        for fit in FITS.get(type_, ()):
            fit(trainer, sidecar, collector)
    if spec.sidecar.keep_output_bytes and all(each.type != "Output" for each in spec.sources):
        start_by_shell(trainer, sidecar, spec.sources[0])
    # Into a pipe or a file Python writes in blocks: values would come when nothing is left to
    # prune.
    set_default(trainer, "PYTHONUNBUFFERED", "1")
    # Where the sidecar lays the report library. What envFrom brings would be hidden by it.
    if not trainer.get("envFrom"):
        set_default(trainer, "PYTHONPATH", names.REPORT_LIBRARY)


def _expanded(spec: StudySpec) -> Iterator[tuple[str, CollectorSpec]]:
    """Iterate over the types that are fitted, with the collector that asks for each."""
    for collector in spec.sources:
        for type_ in STANDS_FOR if collector.type == "Auto" else (collector.type,):
            yield type_, collector

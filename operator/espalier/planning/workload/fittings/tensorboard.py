"""Where Hugging Face's Trainer writes event files: where they are read."""

from __future__ import annotations

from espalier.api.collectors import CollectorSpec
from espalier.planning.workload.fittings.fit import set_default
from espalier.planning.workload.kind import Manifest

LOGGING_DIR = "TENSORBOARD_LOGGING_DIR"
"""What its TensorBoardCallback reads; it takes a folder in the working directory otherwise."""


def name_event_directory(trainer: Manifest, _sidecar: Manifest, collector: CollectorSpec) -> None:
    """Tell the collector's directory to what asks for that of event files, unless it is told."""
    set_default(trainer, LOGGING_DIR, collector.settings.directory)

"""Lays the report library where the trainer finds it."""

from __future__ import annotations

import os

from espalier_sidecar.log import log_line
from espalier_sidecar.volume import Folder

FOLDER = "python"
NAME = "espalier_report.py"


def offer_library(volume: Folder, own: Folder) -> None:
    """Write the library into the volume, for a trainer of any user.

    What a trainer does with it there harms that trainer alone; without it, only who imports it
    misses something.

    Parameters
    ----------
    volume
        Where the trainer finds it.
    own
        Where it is written before it appears there.
    """
    source = os.path.join(os.path.dirname(__file__), NAME)
    try:
        with open(source, "rb") as file:
            content = file.read()
        own.put(f"{NAME}.new", content, 0o644, volume.below(FOLDER, 0o755), NAME)
    except OSError as error:
        log_line(f"could not write {FOLDER}/{NAME}: {error}")

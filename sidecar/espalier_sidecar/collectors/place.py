"""Where the sidecar finds what the trainer writes outside of /espalier."""

from __future__ import annotations

MOUNTS = "mounts"
"""The folder of the volume whose folders the operator mounts in the trainer's container."""


def place_of(path: str, directory: str | None, volume_directory: str) -> str:
    """Return where something lies in the volume as the sidecar has mounted it.

    What the trainer writes to `/work/runs/x`, with the volume mounted at its `/work/runs`, is the
    sidecar's `/espalier/mounts/work/runs/x`.

    Parameters
    ----------
    path
        Its path, as the trainer says it: `directory`, or below that.
    directory
        Where the volume is mounted for it; None, or a directory in `volume_directory`, if it is
        the volume itself that the trainer writes into.
    volume_directory
        Where trainer and sidecar have mounted the volume: `Context.directory`.
    """
    if directory is None or f"{directory}/".startswith(f"{volume_directory}/"):
        return path
    return f"{volume_directory}/{MOUNTS}{path}"

"""Which files of the trainer's the sidecar may follow: those in the volume that both have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from espalier.api.base import Model
from espalier.declared.operands import At
from espalier.declared.predicates import Contains, Not
from espalier.declared.rule import Rule
from espalier.errors import SpecError

VOLUME = "/espalier"
# A path without a part that is empty, . or .., and without control characters; what begins with a
# dot just below /espalier is the sidecar's own.
_NAME = r"[^./\pC][^/\pC]*"
_PART = rf"({_NAME}|\.{_NAME}|\.\.[^/\pC]+)"
VOLUME_PATH = rf"^/espalier/{_NAME}(/{_PART})*$"
ANY_PATH = rf"^(/{_PART})+$"
SYSTEM = ("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr")
"""Directories just below the root that no container can do without."""

VolumePath = Annotated[str, Field(pattern=VOLUME_PATH, max_length=256)]
FollowedPath = Annotated[str, Field(pattern=ANY_PATH, max_length=256)]
Directory = Annotated[str, Field(pattern=ANY_PATH, max_length=256)]


NOT_THE_SIDECARS = Rule(
    condition=Not(Contains(At("path"), f"{VOLUME}/.")),
    message=f"what begins with a dot in {VOLUME} is the sidecar's own; choose another name",
    expected=lambda given: (
        f"a path without {VOLUME}/., which is the sidecar's own, got {given['path']}"
    ),
    field=".path",
    remedy="choose another name",
)
"""For the models that have a path."""


class Followed(Model):
    """A file that the trainer writes where the sidecar can read it."""

    directory: Directory | None = None
    """A directory that the trainer writes into, if that is not /espalier: the shared volume is
    mounted there too, and hides what the image has there."""

    def check(self, path: str) -> None:
        """Check that the file lies in the shared volume.

        Raises
        ------
        SpecError
            If it does not, or if the directory is one that the container needs.
        """
        check_directory(self.directory, f"{path}.directory")
        followed: str = getattr(self, "path", VOLUME + "/")
        if self.directory is None and not followed.startswith(f"{VOLUME}/"):
            raise SpecError(
                f"{path}.path",
                f"expected a file below {VOLUME}, the volume that trainer and sidecar share, got "
                f"{followed}; write there, or set directory to the directory that the trainer "
                "writes into, where nothing of the image is needed",
            )
        if self.directory is not None and not followed.startswith(f"{self.directory}/"):
            raise SpecError(
                f"{path}.path",
                f"expected a file below directory ({self.directory}), got {followed}; "
                "correct one of them",
            )


def check_directory(directory: str | None, path: str) -> None:
    """Check a directory that the shared volume is to be mounted at.

    Raises
    ------
    SpecError
        If the container or the sidecar needs what is there.
    """
    if directory is None:
        return
    top = directory.split("/")[1]
    if top in SYSTEM or (top == "var" and directory.startswith("/var/run")):
        raise SpecError(
            path,
            f"expected a directory of the trainer's own, got {directory}, which the container "
            "needs as it is; have the trainer write elsewhere",
        )
    if directory == VOLUME or directory.startswith(f"{VOLUME}/"):
        raise SpecError(
            path,
            f"expected a directory outside of {VOLUME}, which is mounted as it is, got "
            f"{directory}; leave directory out",
        )

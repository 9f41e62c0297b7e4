"""Type Output: a shell starts the trainer, and copies what it prints for the sidecar."""

from __future__ import annotations

import re

from espalier.api.checks.template_shape import ROOT
from espalier.api.collectors import CollectorSpec
from espalier.errors import SpecError
from espalier.planning.workload.fittings.output_script import SCRIPT
from espalier.planning.workload.kind import Manifest
from espalier.planning.world.names import MOUNT

SHELL = "/bin/sh"
FOLDER = f"{MOUNT}/.output"
_PASSED_ON = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def start_by_shell(
    trainer: Manifest,
    sidecar: Manifest,  # noqa: ARG001
    collector: CollectorSpec,  # noqa: ARG001
) -> None:
    """Have a shell start the trainer's own command.

    Raises
    ------
    SpecError
        If the template says no command, or sets a variable that a shell does not pass on.
    """
    path = f"{ROOT}.spec.containers[{trainer['name']}]"
    command = trainer.get("command")
    if not command:
        raise SpecError(
            f"{path}.command",
            "expected a command, which is started by a shell for collector type Output and for "
            "sidecar.keepOutputBytes, got none, and what "
            "the image runs by itself is not known here; write it into command, as docker inspect "
            "-f '{{json .Config.Entrypoint}} {{json .Config.Cmd}}' IMAGE shows it",
        )
    for variable in trainer.get("env") or []:
        if not _PASSED_ON.fullmatch(variable.get("name") or ""):
            raise SpecError(
                f"{path}.env[{variable.get('name')}]",
                "expected a name of letters, digits and _, as a shell passes it on to the trainer "
                "that it starts for collector type Output and for sidecar.keepOutputBytes, got "
                "another; rename it, or have the trainer's output read otherwise (type Log)",
            )
    trainer["args"] = [*command, *(trainer.get("args") or [])]
    trainer["command"] = [SHELL, "-c", SCRIPT.replace("$", "$$"), "espalier-output", FOLDER]

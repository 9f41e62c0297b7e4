"""What is said of an attempt that has ended: the words of `attempt_checks`."""

from __future__ import annotations

from espalier.planning.attempts.evidence import Attempt
from espalier.planning.world.names import REPORT_LIBRARY

NO_MODULE = "No module named"
"""How Python says that it does not find a module."""


def of_pod(name: str, said: str) -> str:
    """Return what is said of a pod."""
    return f"Pod {name}: {said}" if said else f"Pod {name}."


def disrupted(attempt: Attempt) -> str:
    """Word a disruption: its reason and what was said with it."""
    return of_pod(attempt.name, f"{attempt.disruption}. {attempt.said}".strip())


def last_line(text: str) -> str:
    """Return the last line that a container left, as the end of a sentence."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return f": {lines[-1][:300]}" if lines else ""


def failed(attempt: Attempt) -> str:
    """Word a trainer's exit code."""
    hint = " (127: the shell found no such command)" if attempt.exit_code == 127 else ""
    said = last_line(attempt.exit_message)
    if NO_MODULE in said:
        # A pod's PYTHONPATH, which every trainer has for the report library, hides the image's.
        said += (
            f" (if the image sets PYTHONPATH, write its value and :{REPORT_LIBRARY} into the "
            "template's env)"
        )
    return f"The trainer exited with code {attempt.exit_code}{hint}{said}"


def helper_failed(attempt: Attempt) -> str:
    """Word the exit code of a container beside the trainer."""
    helper = attempt.helper
    assert helper is not None
    said = last_line(helper.exit_message)
    return f"Container {helper.name} exited with code {helper.exit_code}{said}"


def helper_not_started(attempt: Attempt) -> str:
    """Word that a container beside the trainer could not be started."""
    helper = attempt.helper
    assert helper is not None
    return f"Container {helper.name} could not be started{last_line(helper.exit_message)}"

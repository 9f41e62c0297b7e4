"""How long one thread may keep Python to itself: shortly, as reports are answered by another.

A look at a study with a thousand running trials is planned beside the loop that answers reports, in
a thread of its own that reckons for a tenth of a second. Each time that the loop wakes up it waits
until that thread lets go of the interpreter, by Python's own rule after 5 ms; a report wakes it up
several times on its way (docs/explanation/measurements.md).
"""

from __future__ import annotations

import sys

_SECONDS = 0.0005
"""For how long a thread may go on while another one waits."""


def switch_often() -> None:
    """Let threads that wait for the interpreter have it soon; called once, at the start."""
    sys.setswitchinterval(_SECONDS)

"""How long a test waits for what must come before it says that it does not.

A limit costs nothing where the condition comes true, and how long that takes depends on who else
uses the machine. So there is one number, far beyond what any of it takes on a slow machine: it
ends what hangs, and judges nothing. Only where the time itself is tested has a test another one.
"""

PATIENCE = 600.0
"""Seconds."""

WITH_PATIENCE = f"--timeout={PATIENCE:.0f}s"
"""The same for kubectl."""

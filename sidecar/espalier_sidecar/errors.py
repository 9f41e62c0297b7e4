"""What can be wrong, by who can mend it."""

from __future__ import annotations


class BadEnvironment(Exception):
    """The environment that the operator wrote cannot be used."""


class BadReport(Exception):
    """What the trainer reported cannot be used; nothing of it was taken."""


class SpoolFull(Exception):
    """The value could not be written down: the volume is full."""

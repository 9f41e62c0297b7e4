"""Endings by a fault of the template, which the next trial of the same one would have too."""

from __future__ import annotations

from espalier.api.reasons import BAD_COMMAND, IMAGE_PULL_FAILED, POD_REFUSED
from espalier.planning.world.record import End

TEMPLATE_FAULTS = frozenset({IMAGE_PULL_FAILED.reason, BAD_COMMAND.reason, POD_REFUSED.reason})
"""Endings that the next trial of the same template would have too."""

OUTAGES = frozenset({IMAGE_PULL_FAILED.reason, POD_REFUSED.reason})
"""Those of them that may pass by themselves: a registry is away, a Secret comes late."""


def forgiven_end(end: End, template: int) -> bool:
    """Whether a trial ended by a fault that an earlier template had."""
    return end.reason in TEMPLATE_FAULTS and end.template != template

"""What a metric may be called: whatever training code calls it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

LONGEST = 250
"""Characters of a metric's name; MLflow's bound, the longest of those that training code meets."""
METRIC_PATTERN = r"^[^\pC\pZ]( *[^\pC\pZ])*$"
"""Printable characters of Unicode, with spaces between them: `str.isprintable` without a space at
either end. Names are compared as they are, character by character."""

MetricName = Annotated[str, Field(pattern=METRIC_PATTERN, min_length=1, max_length=LONGEST)]

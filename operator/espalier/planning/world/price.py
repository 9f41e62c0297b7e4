"""What an hour of an accelerator costs, as who runs the operator says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Price:
    """A price.

    Parameters
    ----------
    device_hour
        Of one accelerator for an hour.
    currency
        In what, such as ``EUR``; only for display.
    """

    device_hour: float
    currency: str = ""

"""What accelerators' time comes to in money; nothing is decided by it."""

from __future__ import annotations

from typing import Any

from espalier.planning.costs.costs import Amount
from espalier.planning.world.price import Price

_HOUR = 3600.0


def money_fields(price: Price | None, devices: Amount) -> dict[str, Any] | None:
    """Return ``status.money`` of a Study; None without a price.

    Parameters
    ----------
    price
        Of an hour of a device.
    devices
        Device-seconds that were used and saved.
    """
    if price is None:
        return None
    saved = devices.saved
    return {
        "currency": price.currency,
        "deviceHour": price.device_hour,
        "used": _worth(price, devices.used),
        "saved": None if saved is None else _worth(price, saved.expected),
        "savedLow": None if saved is None else _worth(price, saved.low),
        "savedHigh": None if saved is None else _worth(price, saved.high),
    }


def _worth(price: Price, seconds: float) -> float:
    return round(price.device_hour * seconds / _HOUR, 2)

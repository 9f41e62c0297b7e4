"""The flags of `espalier run` about what accelerators cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from espalier.errors import UsageError
from espalier.planning.world.price import Price

F = TypeVar("F", bound=Callable[..., Any])
_MOST = 1e6


def price_flags(command: F) -> F:
    """Add the flags to a command."""
    command = click.option(
        "--currency",
        default="",
        help="In what --device-hour-price is, such as EUR.",
        show_envvar=True,
    )(command)
    return click.option(
        "--device-hour-price",
        type=click.FloatRange(min=0.0, max=_MOST),
        default=None,
        help="What an accelerator costs an hour: what is used and saved is told as money, too.",
        show_envvar=True,
    )(command)


def price_of(options: dict[str, Any]) -> Price | None:
    """Take the flags out of a command's options; None where there is no price.

    Raises
    ------
    UsageError
        If the currency is too long for a status.
    """
    price, currency = options.pop("device_hour_price"), str(options.pop("currency")).strip()
    if len(currency) > 16:
        raise UsageError("--currency", f"expected at most 16 characters, got {len(currency)}")
    return None if price is None else Price(price, currency)

"""What an accelerator costs, as the operator is told."""

import pytest

from espalier.cli.price_flags import price_of
from espalier.errors import UsageError
from espalier.planning.world.price import Price


def test_a_price_may_have_a_currency():
    options = {"device_hour_price": 2.5, "currency": " EUR ", "other": 1}
    assert price_of(options) == Price(2.5, "EUR")
    assert options == {"other": 1}


def test_a_currency_alone_is_no_price():
    assert price_of({"device_hour_price": None, "currency": "EUR"}) is None


def test_a_currency_that_no_status_could_hold_is_refused():
    with pytest.raises(UsageError, match="at most 16 characters"):
        price_of({"device_hour_price": 1.0, "currency": "x" * 17})

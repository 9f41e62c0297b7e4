"""What accelerators' time comes to in money."""

import pytest

from espalier.planning.costs.costs import Amount
from espalier.planning.costs.money import money_fields
from espalier.planning.costs.savings import Estimate
from espalier.planning.world.price import Price

PRICE = Price(2.5, "EUR")


def test_device_hours_are_priced_with_their_band():
    fields = money_fields(PRICE, Amount(7200.0, Estimate(3600.0, 1800.0, 5400.0)))
    assert fields == {
        "currency": "EUR",
        "deviceHour": 2.5,
        "used": 5.0,
        "saved": 2.5,
        "savedLow": 1.25,
        "savedHigh": 3.75,
    }


def test_what_nothing_tells_of_has_no_price():
    fields = money_fields(PRICE, Amount(36.0))
    assert fields is not None
    assert fields["used"] == pytest.approx(0.03, abs=0.005)
    assert fields["saved"] is None


def test_without_a_price_there_is_no_money():
    assert money_fields(None, Amount(7200.0)) is None

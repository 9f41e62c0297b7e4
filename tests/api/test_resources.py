"""The sidecar's requests and limits: read as Kubernetes reads them, and refused by name."""

from fractions import Fraction

import pytest

from espalier.api import parse_resources, parse_study
from espalier.api.quantity import amount, checked_quantity
from espalier.errors import SpecError
from tests.api.studies import good_study


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1", 1),
        ("500m", Fraction(1, 2)),
        ("1.5", Fraction(3, 2)),
        (".5", Fraction(1, 2)),
        ("2.", 2),
        ("64Mi", 64 << 20),
        ("1Ki", 1024),
        ("3Ei", 3 << 60),
        ("1k", 1000),
        ("2E", 2 * 10**18),
        ("12e6", 12_000_000),
        ("12E6", 12_000_000),
        ("5e-1", Fraction(1, 2)),
        ("7u", Fraction(7, 1_000_000)),
        ("7n", Fraction(7, 10**9)),
    ],
)
def test_a_quantity_is_as_much_as_kubernetes_takes_it_for(text, value):
    assert amount(checked_quantity(text)) == value


@pytest.mark.parametrize(
    "value", ["", "64MB", "64 Mi", "-1", -1, "1K", "1Mi\n", "all", True, 0.5, [], "1" * 33, "1e999"]
)
def test_what_is_no_quantity_is_refused(value):
    with pytest.raises(ValueError, match="a quantity such as"):
        checked_quantity(value)


@pytest.mark.parametrize(
    ("resources", "field", "says"),
    [
        pytest.param(
            {"requests": {"cpu": "lots"}},
            "requests.cpu",
            'a quantity such as 500m or 64Mi, not below zero, got "lots"',
            id="no quantity",
        ),
        pytest.param(
            {"limits": {"memori": "64Mi"}}, "limits.memori", "did you mean memory?", id="a typo"
        ),
        pytest.param(
            {"limits": {"nvidia.com/gpu": "1"}},
            "limits.nvidia.com/gpu",
            "cpu, memory, ephemeral-storage",
            id="what the sidecar has no use for",
        ),
        pytest.param(
            {"requests": {"cpu": 1}, "limits": {"cpu": "500m"}},
            "resources.requests.cpu",
            "no more than the limit, 500m, got 1",
            id="a request above its limit",
        ),
        pytest.param(
            {"limits": {"memory": "32Mi"}},
            "resources.limits.memory",
            "at least 64Mi",
            id="less memory than the sidecar may need",
        ),
        pytest.param({"request": {}}, "request", "did you mean requests?", id="an unknown part"),
    ],
)
def test_a_fault_is_named(resources, field, says):
    with pytest.raises(SpecError) as caught:
        parse_resources(resources)
    assert caught.value.field == field
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("resources", "made"),
    [
        ({}, {}),
        ({"requests": {}, "limits": {}}, {}),
        ({"requests": {"cpu": None, "memory": "32Mi"}}, {"requests": {"memory": "32Mi"}}),
        ({"limits": {"cpu": 1}}, {"limits": {"cpu": "1"}}),
        (
            {"requests": {"ephemeral-storage": "1Gi"}, "limits": {"ephemeral-storage": "2Gi"}},
            {"requests": {"ephemeral-storage": "1Gi"}, "limits": {"ephemeral-storage": "2Gi"}},
        ),
    ],
)
def test_what_is_left_out_is_not_asked_for(resources, made):
    assert parse_resources(resources).to_dict() == made


def with_resources(resources):
    study = good_study()
    study["spec"]["sidecar"] = {"resources": resources}
    return study


def test_a_study_names_the_field_at_fault():
    with pytest.raises(SpecError) as caught:
        parse_study(with_resources({"limits": {"memory": "1Mi"}}))
    assert caught.value.field == "spec.sidecar.resources.limits.memory"
    with pytest.raises(SpecError) as caught:
        parse_study(with_resources({"limits": {"cpu": "-1"}}))
    assert caught.value.field == "spec.sidecar.resources.limits.cpu"

"""Every error says by its class what is to be done next, and nothing is left to guess."""

import importlib
import pickle
import pkgutil

import pytest

import espalier
from espalier.errors import (
    TREATMENTS,
    EspalierError,
    InputError,
    InternalError,
    Outdated,
    ReportError,
    RetryLater,
    SpecError,
    UsageError,
    treatment,
)
from espalier.kube import Conflict, NotFound
from espalier.kube.errors import NotServed, Refused

NEXT = {
    "a Study is wrong: who wrote it changes it": (SpecError("spec.trials", "expected"), SpecError),
    "the API server refuses an object: who wrote the Study, a policy or a role changes it": (
        Refused("no", code=403),
        SpecError,
    ),
    "a flag is wrong: who runs the command changes it": (UsageError("--store", "no"), UsageError),
    "a report is wrong: its sender does not send it again": (
        ReportError("BadStep", "expected", status=422),
        ReportError,
    ),
    "something is away: the same is tried again": (RetryLater("the store is busy"), RetryLater),
    "a kind is not served now: the same is tried again": (NotServed("no such path"), RetryLater),
    "an object is gone: look again, and decide anew": (NotFound("trials s-0"), Outdated),
    "an object is another one: look again, and decide anew": (
        Conflict("trials s-0", exists=True),
        Outdated,
    ),
    "a defect: report it": (InternalError("two rows"), InternalError),
    "whatever Espalier did not raise itself is a defect": (KeyError("uid"), InternalError),
}


def every_error() -> list[type[EspalierError]]:
    """Return each class of error that the operator has, wherever it is declared."""
    for module in pkgutil.walk_packages(espalier.__path__, "espalier."):
        if not module.name.endswith((".__main__", ".env")) and ".versions." not in module.name:
            importlib.import_module(module.name)
    found, left = [], [EspalierError]
    while left:
        left += (below := left.pop().__subclasses__())
        found += [each for each in below if each.__module__.startswith("espalier.")]
    return found


@pytest.mark.parametrize("case", NEXT, ids=list(NEXT))
def test_what_is_to_be_done_next_follows_from_the_class(case: str) -> None:
    error, next_ = NEXT[case]
    assert treatment(error) is next_


def test_every_class_of_error_is_treated_in_exactly_one_way() -> None:
    for error in every_error():
        ways = [each for each in TREATMENTS if issubclass(error, each)]
        assert len(ways) == 1 or error is InputError, error


def test_every_class_of_error_says_what_it_means() -> None:
    for error in every_error():
        assert error.__doc__, error


ELSEWHERE = {
    "SettingsError": "authors of pruners raise it; the checks of a Study make it a SpecError",
    "WorkloadRefused": "it never leaves the applying of a trial's effects, whose lane it ends",
    "UnfitError": "it ends `make generate`, which is no part of what runs",
    "SamplerError": "a sampler's settings raise it; the checks of a Study make it a SpecError",
    "NotCarried": "it leaves a trial out of what is taken over; the Study's status counts it",
    "Failed": "click's own, with which a command ends",
}
"""Exceptions outside the hierarchy, each with the reason."""


def test_whatever_else_is_raised_has_a_reason_to_be_outside_the_hierarchy() -> None:
    every_error()
    found, left = set(), [Exception]
    while left:
        below = left.pop().__subclasses__()
        left += [each for each in below if each is not EspalierError]
        found |= {each.__name__ for each in below if each.__module__.startswith("espalier.")}
    assert found == {"EspalierError", *ELSEWHERE}


@pytest.mark.parametrize("kind", [SpecError, UsageError])
def test_what_somebody_wrote_wrong_is_named_first_and_survives_another_process(
    kind: type[InputError],
) -> None:
    error = pickle.loads(pickle.dumps(kind("--seed", "expected a number")))
    assert type(error) is kind
    assert str(error) == "--seed: expected a number"
    assert str(kind("", "expected a number")) == "expected a number"

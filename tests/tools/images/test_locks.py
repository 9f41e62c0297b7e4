"""The pins are of all that the images need, and of versions that the project allows."""

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.images.locks import LOCKS, Pinned, closure, read, wanted
from tools.images.recipe import ROOT

EACH = pytest.mark.parametrize("path", LOCKS)
INSTALLED_HERE = [path for path in LOCKS if not path.startswith("examples/trainers/")]
PINS = {path: {pin.name: pin for pin in read(path)} for path in LOCKS}


class Installed(dict[str, dict[str, object]]):
    """The metadata of what is installed here, read when asked for."""

    def __missing__(self, name: str) -> dict[str, object]:
        return {"requires_dist": metadata.requires(name) or []}


@EACH
def test_a_lock_is_nothing_but_versions_and_hashes(path: str) -> None:
    text = (ROOT / path).read_text()
    comment, *rest = text.splitlines()
    assert comment.startswith("# Written by `make lock`")
    assert "".join(str(pin) for pin in PINS[path].values()) == "\n".join([*rest, ""])
    assert "://" not in text
    for pin in PINS[path].values():
        assert re.fullmatch(r"[a-z0-9-]+", pin.name)
        assert 1 <= len(pin.hashes) <= 2
        assert len(set(pin.hashes)) == len(pin.hashes)


@EACH
def test_a_lock_has_what_is_asked_for_in_a_version_that_is_admitted(path: str) -> None:
    for requirement in map(Requirement, wanted()[path]):
        pin = PINS[path][canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version), f"{pin.name}: run `make lock`"


@pytest.mark.parametrize("path", INSTALLED_HERE)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_lock_has_all_that_is_needed_and_no_more(path: str, machine: str) -> None:
    # Of the versions that are installed here, which may be other ones than those pinned.
    assert closure(wanted()[path], Installed(), machine) == set(PINS[path])


def test_a_package_that_is_pinned_twice_is_pinned_the_same() -> None:
    seen: dict[str, Pinned] = {}
    for pins in PINS.values():
        for name, pin in pins.items():
            assert seen.setdefault(name, pin) == pin


def test_every_requirement_of_the_project_has_a_floor_and_a_ceiling() -> None:
    for requirement in map(Requirement, wanted()["operator/requirements.txt"]):
        operators = {each.operator for each in requirement.specifier}
        assert operators == {">=", "<"}, requirement


@pytest.mark.parametrize(
    ("name", "faulty"),
    [
        ("aiohttp", "3.12.13"),  # smuggling of requests
        ("aiohttp", "3.13.2"),  # memory and CPU by requests
        ("aiohttp", "3.14.0"),  # no bound on pipelined requests
        ("aiohttp", "3.14.4"),  # no time limit for a request's head
        ("cryptography", "49.0.0"),
        ("urllib3", "2.6.3"),  # memory by compressed answers
    ],
)
def test_a_version_that_is_known_to_be_faulty_is_not_admitted(name: str, faulty: str) -> None:
    asked = [Requirement(each) for each in wanted()["operator/requirements.txt"]]
    assert [each.name for each in asked if each.name == name] == [name]
    assert not any(each.name == name and each.specifier.contains(faulty) for each in asked)

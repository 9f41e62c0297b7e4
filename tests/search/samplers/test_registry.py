"""A sampler of another package is found by its entry point, and refused in words that help."""

import re
import sys
from pathlib import Path

import pytest

from espalier.api import parse_study, space_of
from espalier.errors import SpecError
from espalier.search import NO_HISTORY, SAMPLERS, Sampler, make_sampler
from tests.planning.worlds import spec_dict

MODULE = '''
from dataclasses import dataclass
from typing import Annotated, ClassVar
from annotated_types import Ge, Le
from espalier.search import Random, Sampler

@dataclass(frozen=True, kw_only=True)
class Twice(Sampler):
    """Draws at random, with another seed."""

    name: ClassVar[str] = "Twice"
    added: Annotated[int, Ge(0), Le(9)] = 1

    def propose(self, space, history, seed, number):
        return Random().propose(space, history, seed + self.added, number)

class NoSampler:
    pass

def raises(**settings):
    raise RuntimeError("no licence was found")
'''
ENTRIES = """[espalier.samplers]
Twice = twice_sampler:Twice
NoSampler = twice_sampler:NoSampler
Raises = twice_sampler:raises
Missing = twice_sampler:Gone
TPE = twice_sampler:Twice
"""


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "twice_sampler.py").write_text(MODULE)
    info = tmp_path / "twice_sampler-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: twice-sampler\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


def study(**sampler):
    said = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "metadata": {"name": "s"}}
    return parse_study({**said, "spec": spec_dict(sampler=sampler)}).spec


def plugin(name: str, **settings):
    return study(type="Plugin", plugin={"name": name, "settings": settings})


@pytest.mark.usefixtures("_installed")
def test_a_study_may_choose_a_sampler_of_another_package():
    spec = plugin("Twice", added=3)
    sampler, space = spec.sampler.sampler(), space_of(spec.parameters)
    assert (sampler.name, sampler.versions()) == ("Twice", "")
    assert sampler.propose(space, NO_HISTORY, 1, 0) == SAMPLERS["Random"]().propose(
        space, NO_HISTORY, 4, 0
    )


@pytest.mark.usefixtures("_installed")
def test_one_of_ours_cannot_be_replaced():
    assert make_sampler("TPE", {}) == SAMPLERS["TPE"]()


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("Unheard", {}, r"installed sampler \(.*Twice.*\), got 'Unheard'"),
        ("Twice", {"added": 10}, "added to be at most 9, got 10"),
        ("Twice", {"unheard": 1}, "settings that it takes"),
        ("NoSampler", {}, "subclass of espalier.search.Sampler"),
        ("Raises", {}, "no licence was found"),
        ("Missing", {}, r"can be loaded from twice_sampler:Gone"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(name, settings, said):
    with pytest.raises(SpecError, match=said) as caught:
        plugin(name, **settings)
    assert caught.value.field == "spec.sampler.plugin"


def test_where_nothing_is_installed_the_refusal_says_so():
    with pytest.raises(SpecError, match=r"there is none.*espalier\.samplers"):
        plugin("Twice")


def test_a_space_that_a_sampler_cannot_sample_is_refused():
    choices = [{"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}}]
    said = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "metadata": {"name": "s"}}
    spec = spec_dict(sampler={"type": "CmaEs"}, parameters=choices)
    with pytest.raises(SpecError, match="choose TPE") as caught:
        parse_study({**said, "spec": spec})
    assert caught.value.field == "spec.sampler.type"


@pytest.mark.parametrize("kind", SAMPLERS.values(), ids=lambda each: each.name)
def test_who_learns_says_which_versions_its_proposals_depend_on(kind: type[Sampler]):
    assert kind.learns == bool(kind.libraries)
    if kind().objection(space_of(study(type="Random").parameters)) is None:
        parts = kind.versions().split(", ") if kind.libraries else []
        assert [part.split()[0] for part in parts] == list(kind.libraries)
        assert all(re.fullmatch(r"\S+ \d\S*", part) for part in parts)

"""The page of the samplers lists those that there are, with their settings as the code has them."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from espalier.declared.bounds import annotations_of, metadata_of
from espalier.declared.names import camel, section_of
from espalier.search import SAMPLERS

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/samplers.md").read_text()
SETTINGS = {
    name: (default, bounds)
    for name, default, bounds in re.findall(
        r"^\| `(\w+\.\w+)` \| (.*?) ?\| (.*?) ?\|", PAGE, re.MULTILINE
    )
}
COMPUTED = {"cmaEs.population": "4 + 3 ln n", "cmaEs.spread": "1/6", "grid.points": ""}


def test_every_type_is_listed_and_whether_it_learns():
    listed = dict(re.findall(r"^\| `(\w+)`(?: \(default\))? \| (yes|no|as it says) ", PAGE, re.M))
    learns = {name: "yes" if kind.learns else "no" for name, kind in SAMPLERS.items()}
    assert listed == {**learns, "Plugin": "as it says"}


def test_every_setting_is_listed_and_no_other():
    declared = {
        f"{section_of(name)}.{camel(field.name)}"
        for name, kind in SAMPLERS.items()
        for field in fields(kind)
    }
    assert SETTINGS.keys() == declared


@pytest.mark.parametrize("name", SETTINGS)
def test_defaults_and_bounds_are_the_codes(name):
    section, setting = name.split(".")
    (kind,) = (each for each in SAMPLERS.values() if section_of(each.name) == section)
    (field,) = (each for each in fields(kind) if camel(each.name) == setting)
    default, bounds = SETTINGS[name]
    assert field.default is not MISSING
    assert default == COMPUTED.get(name, str(field.default).lower())
    limits = metadata_of(annotations_of(kind)[field.name])
    found = [getattr(each, at) for each in limits for at in ("ge", "gt", "le") if hasattr(each, at)]
    assert re.findall(r"\d+", bounds) == [str(each) for each in found]

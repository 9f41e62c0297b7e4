"""What a section about printed text may say."""

import pytest

from espalier.api.collectors import Preset
from espalier_sidecar.collectors.printed import DEFAULT, PRESETS, read_printed
from espalier_sidecar.errors import BadEnvironment

BAD = {
    "an unknown preset": ({"preset": "Fortran"}, "preset: expected one of KeyValue"),
    "a pattern that is none": ({"pattern": "("}, "pattern: expected a regular expression"),
    "a pattern that is no text": ({"pattern": 3}, "pattern: expected a regular expression"),
    "no value": ({"pattern": "x"}, r"pattern: expected a group \(\?P<value>"),
    "no value on the other line": ({"valuePattern": "x"}, "valuePattern: expected a group"),
    "no step": (
        {"stepPattern": "x", "valuePattern": "(?P<value>x)"},
        "stepPattern: expected a group",
    ),
}


@pytest.mark.parametrize(("section", "message"), BAD.values(), ids=BAD)
def test_a_section_that_cannot_be_used_says_why(section: dict[str, str], message: str) -> None:
    with pytest.raises(BadEnvironment, match=message):
        read_printed(section)


def test_the_sidecar_knows_each_preset_that_a_study_may_name() -> None:
    assert set(PRESETS) == {each.value for each in Preset}
    assert read_printed({}).preset == DEFAULT == Preset.KEY_VALUE.value


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_reads(preset: str) -> None:
    reader = read_printed({"preset": preset}).reader("loss")
    assert reader.readings(b"nothing of note") == []
    assert reader.fault == ""

"""The README's picture is what `espalier watch` draws, and needs nothing from anywhere."""

import xml.etree.ElementTree as ET

from espalier.cli.frame import Frame
from tests.cli.test_table import STUDY, TRIALS
from tools.picture import PICTURE, drawn


def texts(svg: str) -> str:
    root = ET.fromstring(svg)
    found = root.iter("{http://www.w3.org/2000/svg}text")
    return " ".join("".join(each.itertext()).replace("\xa0", " ") for each in found)


def test_a_picture_has_the_words_of_the_frame_and_fetches_nothing():
    svg = drawn(Frame(STUDY, TRIALS), "kubectl espalier watch digits", 132)
    assert "best result 0.975 (trial 1)" in texts(svg)
    assert "OutOfMemory" in texts(svg)
    assert "url(" not in svg.replace("url(#", "")


def test_the_pictures_numbers_are_such_as_watch_gives_today():
    shown = texts(PICTURE.read_text())
    assert "ended" in shown
    assert "best result" in shown
    assert "saved" in shown
    assert "url(" not in PICTURE.read_text().replace("url(#", "")

"""One place, as the trainer calls it and as the sidecar finds it."""

import pytest

from espalier_sidecar.collectors.place import place_of

PLACES = {
    "a file below a directory of the trainer's": (
        ("/work/runs/x/log", "/work/runs"),
        "/espalier/mounts/work/runs/x/log",
    ),
    "the directory itself": (("/work/runs", "/work/runs"), "/espalier/mounts/work/runs"),
    "a file in the volume": (("/espalier/a/log", None), "/espalier/a/log"),
    "a directory in the volume": (("/espalier/tb", "/espalier/tb"), "/espalier/tb"),
    "the volume": (("/espalier/log", "/espalier"), "/espalier/log"),
    "a directory whose name begins like the volume's": (
        ("/espalier-runs/log", "/espalier-runs"),
        "/espalier/mounts/espalier-runs/log",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_is_found(place: str) -> None:
    (path, directory), found = PLACES[place]
    assert place_of(path, directory, "/espalier") == found

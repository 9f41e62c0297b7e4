"""Requests are read by http.server, and what only its file server needs is not there."""

import subprocess
import sys

from tests.patience import PATIENCE
from tests.sidecar.running import SOURCE

SCRIPT = """
import sys
import espalier_sidecar.handler
from espalier_sidecar.http_requests import FOR_FILES
assert not sys.modules.keys() & {*FOR_FILES, "bz2", "lzma"}, "they are loaded"
import html, mimetypes, shutil
assert html.escape("<") == "&lt;"
assert mimetypes.guess_type("x.png")[0] == "image/png"
assert shutil.disk_usage("/").total
"""


def test_what_is_left_out_is_not_loaded_and_can_be_afterwards() -> None:
    command = [sys.executable, "-SE", "-c", SCRIPT]
    subprocess.run(command, cwd=SOURCE, check=True, timeout=PATIENCE)


def test_what_is_loaded_already_is_left_alone() -> None:
    before = "import shutil\nimport espalier_sidecar.handler\nshutil.disk_usage('/')"
    command = [sys.executable, "-SE", "-c", before]
    subprocess.run(command, cwd=SOURCE, check=True, timeout=PATIENCE)

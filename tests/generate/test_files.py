"""What is committed is what the code gives, and what makes it stays out of what is installed."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from espalier.generate.__main__ import main
from espalier.generate.files import generated, out_of_date, write
from tools.images.recipe import RECIPES

ROOT = Path(__file__).resolve().parents[2]
FILES = generated()


@pytest.mark.parametrize("path", FILES)
def test_every_generated_file_is_up_to_date(path):
    assert (ROOT / path).read_text(encoding="utf-8") == FILES[path], "run `make generate`"


def test_there_is_no_other_crd():
    crds = {path for path in FILES if path.startswith("crds/")}
    assert {f"crds/{path.name}" for path in (ROOT / "crds").iterdir()} == crds


def test_whatever_says_that_it_is_generated_is():
    says = {
        path.relative_to(ROOT).as_posix()
        for folder in ("docs", "crds", "charts")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".md", ".yaml") and "`make generate`" in path.open().readline()
    }
    assert says == {path for path in FILES if not path.endswith(".json")}


def test_check_names_what_is_missing_or_changed_and_writes_nothing(tmp_path):
    assert set(write(tmp_path)) == set(FILES)
    changed, missing = tmp_path / "docs/reference/reasons.md", tmp_path / "docs/reference/crd.md"
    changed.write_text("old")
    missing.unlink()
    said = CliRunner().invoke(main, ["--check", "--root", str(tmp_path)])
    assert said.exit_code == 1
    assert said.output.splitlines() == [
        "docs/reference/crd.md is out of date; run `make generate`",
        "docs/reference/reasons.md is out of date; run `make generate`",
    ]
    assert changed.read_text() == "old"
    assert not missing.exists()


def test_writing_touches_only_what_is_out_of_date_and_then_all_is_well(tmp_path):
    write(tmp_path)
    (tmp_path / "docs/reference/crd.md").write_text("old")
    said = CliRunner().invoke(main, ["--root", str(tmp_path)])
    assert said.output == "wrote docs/reference/crd.md\n"
    assert out_of_date(tmp_path) == {}


def test_the_wheel_has_the_operator_but_nothing_that_generates(tmp_path):
    """Of what the operator's image copies, and as it installs it."""
    source = tmp_path / "source"
    for path in RECIPES["operator"].inputs:
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / path, source / path)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path)]
    subprocess.run([*pip, str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "espalier/cli/main.py" in names
    assert [name for name in names if "generate" in name] == []

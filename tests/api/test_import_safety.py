"""Nothing of the project stands in the way of what others import."""

import operator
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_operator_folder_is_no_package():
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_the_standard_librarys_operator_is_the_one_that_is_imported():
    assert Path(operator.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert str(ROOT / "operator" / "espalier") not in sys.path

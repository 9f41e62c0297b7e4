"""What `espalier recommend` is given: records of studies, types and shares, read from their texts.

Curves in files are complete by what they are; of a study's log it is told what was pruned.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from espalier.backtest.recommend.records import RecordedStudy, recorded
from espalier.backtest.recommend.strictnesses import all_types
from espalier.cli.backtest_inputs import TABLES_OWN, TableTerms, curves_in, name_of_log, twice_named
from espalier.cli.store_option import recorded_log
from espalier.errors import UsageError


def read_records(
    sources: Sequence[str],
    store: str,
    namespace: str | None = None,
    terms: TableTerms = TABLES_OWN,
) -> list[RecordedStudy]:
    """Read the studies of folders, files and names in the store.

    Parameters
    ----------
    terms
        Of files that are tables.

    Raises
    ------
    UsageError
        If a source is none of these, or two studies have the same name.
    """
    found = [each for source in sources for each in _read(source, store, namespace, terms)]
    if (twice := twice_named(each.name for each in found)) is not None:
        raise UsageError(
            "STUDY",
            f"expected studies of different names, got {twice} twice; name each once, or "
            "rename a file",
        )
    return found


def _read(source: str, store: str, namespace: str | None, terms: TableTerms) -> list[RecordedStudy]:
    found = curves_in(Path(source), terms)
    if found is not None:
        return [RecordedStudy(curves) for curves in found]
    return [recorded(recorded_log(source, store, namespace), name_of_log(source))]


def read_share(text: str, option: str) -> float:
    """Read a share: ``5%`` or ``0.05``.

    Raises
    ------
    UsageError
        If it is none between 0 and 1.
    """
    number = text.strip()
    try:
        share = float(number[:-1]) / 100.0 if number.endswith("%") else float(number)
    except ValueError:
        share = -1.0
    if not 0.0 <= share < 1.0:
        raise UsageError(option, f"expected a share such as 5% or 0.05, below 100%, got {text!r}")
    return share


def read_types(pruners: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell types that are tried over their own knob from pruners that are given in YAML."""
    types = [text for text in pruners if text in all_types()]
    return types, [text for text in pruners if text not in types]

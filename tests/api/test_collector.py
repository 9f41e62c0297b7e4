"""A path to follow stays in the shared volume, and a pattern is compiled in a bounded time."""

import re
import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from espalier.api import parse_study
from espalier.api.log_pattern import WIDEST, check_pattern, spanned
from espalier.errors import SpecError
from tests.api.studies import COSTLY_PATTERNS, changed, section

GROUPS = "(?P<step>)(?P<value>)"
MOST_LINES = 600_000
PARTS = st.sampled_from(
    [
        "",
        "/",
        ".",
        "..",
        "...",
        "a",
        ".a",
        "..a",
        ".sidecar",
        "é",
        " ",
        "\n",
        "\x00",
        "\x7f",
        "\x9b",
    ]
)


def accepted(path: str) -> bool:
    try:
        parse_study(changed(section("collector", type="File", file={"path": path})))
    except SpecError as error:
        return error.field != "spec.collector.file.path"
    return True


@given(st.lists(PARTS | st.text(max_size=3), max_size=5).map("".join) | st.text(max_size=8))
@settings(max_examples=300, deadline=None)
def test_a_path_is_accepted_if_it_names_a_file_below_the_volume(tail: str) -> None:
    # Whether a character is one at all depends on the version of Unicode.
    assume("Cn" not in map(unicodedata.category, tail))
    parts = tail.split("/")
    controls = any(unicodedata.category(each)[0] == "C" for each in tail)
    good = {"", ".", ".."}.isdisjoint(parts) and not tail.startswith(".") and not controls
    assert accepted(f"/espalier/{tail}") == good
    assert not accepted(tail)


def lines_run(work: Callable[[], object]) -> int:
    """Count the lines of Python that something runs: a measure of time that is always the same."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return trace

    re.purge()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def check(pattern: str) -> None:
    try:
        check_pattern(pattern, "value", "spec.collector.log.pattern")
    except SpecError:
        return


@pytest.mark.parametrize("what", COSTLY_PATTERNS)
def test_a_costly_pattern_is_refused_cheaply(what: str) -> None:
    pattern, _ = COSTLY_PATTERNS[what]
    assert len(pattern) <= 512
    with pytest.raises(SpecError):
        check_pattern(pattern, "value", "spec.collector.log.pattern")
    assert lines_run(lambda: check(pattern)) < 50_000


ENDS = st.sampled_from(
    [
        *["a", "-", "]", "\\b", "\\]", "\\-", "\\0", "\\777", "\\x01", "\\u00e9", "\\uffff"],
        *["中", "\u1fff", "\uffff", "\U0010ffff", "\\U0010ffff", "\\N{KANGXI RADICAL ONE}"],
    ]
)
PIECES = st.sampled_from(["(?i:", ")", "(?i)", "[", "]", "[^", "|", "*", "{9}", "\\w", "(?x)", " "])
RANGES = st.tuples(ENDS, st.sampled_from(["-", "--", ""]), ENDS).map("".join)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(st.lists(RANGES | PIECES | ENDS, max_size=30), st.integers(1, 25), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_pattern_takes_long(pieces: list[str], times: int, caseless: bool) -> None:
    body = ("[" + "".join(pieces) + "]" if caseless else "".join(pieces)) * times
    pattern = (GROUPS + f"(?i:{body})" if caseless else GROUPS + body)[:512]
    assert lines_run(lambda: check(pattern)) < MOST_LINES


@pytest.mark.parametrize(
    "pattern",
    [
        r"epoch (?P<step>\d+).*? (?P<metric>acc|loss)=(?P<value>\S+)",
        r"(?i)[a-z0-9_-]+ (?P<step>[0-9]+): (?P<value>[-+.0-9e]+)",
        "[\u4e00-\u9fff]+ (?P<step>\\d+)[^\\x00-\\x7f](?P<value>\\S+)",
        "[^\\W\\d_]+=(?P<value>[\\d.]+) (?P<step>\\d+)",
    ],
)
def test_an_ordinary_pattern_is_accepted(pattern: str) -> None:
    check_pattern(pattern, "value", "spec.collector.log.pattern")


def test_a_range_is_counted_however_its_ends_are_written() -> None:
    for end in ("\uffff", r"\uffff", r"\U0000ffff"):
        assert spanned(f"[\\0-{end}]") == 0xFFFF
        assert spanned(f"[\\x00-{end}]") == 0xFFFF
        assert spanned(f"[\\000-{end}]") == 0xFFFF
    assert spanned(r"[\--\uffff]") == 0xFFFF - ord("-")
    assert spanned(r"[a\-\uffff]") == 0
    assert spanned(r"[z-a]") == 0
    assert WIDEST > 0xFFFF

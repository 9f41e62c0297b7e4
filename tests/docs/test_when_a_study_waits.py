"""The how-to about waits knows every reason that a Study can give, and no other."""

import re
from pathlib import Path

from espalier.api.reasons import StudyReason

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/when-a-study-waits.md"


def test_the_page_has_a_remedy_for_everything_that_may_be_in_the_way():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z]\w+)`", row.split("|")[1])}
    degraded = {str(reason) for reason in StudyReason if reason.type == "Degraded"}
    assert named - {"DEGRADED"} == degraded - {"AsExpected"}

"""What a metric may be called: whatever training code calls it."""

from __future__ import annotations

LONGEST = 250
EXPECTED = f"1 to {LONGEST} printable characters, with no space at either end"


def is_metric_name(name: object) -> bool:
    """Tell whether a metric may be called so; names are compared as they are."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST
        and name.isprintable()
        and name[0] != " "
        and name[-1] != " "
    )

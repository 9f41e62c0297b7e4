"""How often Python looks for garbage: seldom, as each search holds up every report.

Nearly all that the operator keeps lives as long as its study, and what a look makes is given up
when it is over, by counting references alone. Python's own rule takes what a look makes for objects
that stay, and searches through all there is once in a few looks: 0.1 s at 2,000 trials, ever more
with more of them (docs/adr/0120-seldom-search-for-garbage.md).
"""

from __future__ import annotations

import gc

_THRESHOLDS = (50_000, 20, 20)
"""Objects made and not given up between two searches of the youngest; such searches between two of
the next generation; and of these between two of all that is not settled."""


def search_seldom() -> None:
    """Have garbage searched for less often; called once, at the start."""
    gc.set_threshold(*_THRESHOLDS)


def settle() -> None:
    """Search once, and leave what is there now out of all later searches.

    Called when all has been listed: what is known then mostly stays. It is given up all the same as
    soon as nothing refers to it; only a circle of such objects would stay.
    """
    gc.collect()
    gc.freeze()

"""Which trials are finalists, as the Study's status keeps it, and which repeats they are to have.

The choice is made once and written down before any repeat is made: values that come late, or an
operator that starts again, do not choose others.
"""

from __future__ import annotations

from espalier.planning.world.snapshot import StudyView
from espalier.pruning import Repeat


def chosen(study: StudyView) -> tuple[int, ...]:
    """Return the numbers of the finalists, the one that led first; none before they are chosen."""
    if study.spec is None or study.spec.finalists is None:
        return ()
    return tuple(int(each["number"]) for each in study.status.get("finalists") or ())


def is_chosen(study: StudyView) -> bool:
    """Whether the finalists are chosen, be it that there is none."""
    wanted = study.spec is not None and study.spec.finalists is not None
    return wanted and study.status.get("finalists") is not None


def planned(study: StudyView) -> tuple[int, ...]:
    """Return the numbers of the repeats, in the order in which they start.

    The first repeat of each finalist comes before the second of any: what is known at any moment is
    known of all of them alike.
    """
    finalists = chosen(study)
    if not finalists or study.spec is None or study.spec.finalists is None:
        return ()
    return tuple(
        Repeat(of, index).number
        for index in range(1, study.spec.finalists.repeats + 1)
        for of in finalists
    )

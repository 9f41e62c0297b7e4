"""Why, by whom and since when a trial is kept, as a person wanted it."""

from __future__ import annotations

from espalier.api.judging import JudgeSettings
from espalier.pruning import Direction, Restraint, Terms, Will, Wish
from espalier.study_log.log import Log, StoredChange, StudyRow
from espalier.views.gathered import gather
from espalier.views.trials import kept_view

NONE: frozenset[int] = frozenset()


def log_of(*changes: StoredChange) -> Log:
    terms = Terms(Direction.MAXIMIZE, 9, study_uid="u", metric="score", trials=9)
    settings = JudgeSettings(terms, {"type": "Nop"}, {"keepBest": 1})
    row = StudyRow(1, "u", "research", "digits", settings, 0.0, "0")
    return Log(row, [], list(changes))


def held(seq: int, trials: frozenset[int], *wishes: Wish) -> StoredChange:
    return StoredChange(seq, Restraint(protected=trials), float(seq), wishes)


def test_the_newest_wish_to_keep_it_says_why() -> None:
    seven = frozenset({7})
    first = held(1, seven, Wish(7, Will.KEEP, "late", "ann"))
    again = held(3, seven, Wish(7, Will.KEEP, "later still", "bob"))
    gone = held(2, NONE, Wish(7, Will.LET_GO))
    assert kept_view(gather(log_of()), 7) is None
    assert kept_view(gather(log_of(first, gone)), 7) is None
    assert kept_view(gather(log_of(first)), 8) is None
    found = kept_view(gather(log_of(first, gone, again)), 7)
    assert found is not None
    assert (found["why"], found["by"]) == ("later still", "bob")
    assert found["at"] == "1970-01-01T00:00:03Z"


def test_one_that_an_earlier_version_recorded_has_no_reason() -> None:
    found = kept_view(gather(log_of(held(1, frozenset({7})))), 7)
    assert found == {"why": "", "by": "", "at": None}

"""Whether a name is a study's or a trial's, and the answer to why about it."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.cli.asking.options import Whom, opened
from espalier.cli.asking.source import Asked, StudySource, all_items
from espalier.errors import UsageError
from espalier.planning.world.names import repeat_number, sampled_number
from espalier.views.plain import View

Meant = tuple[str | None, str | None]
"""A study, None where the log that is asked has one; and a trial of it, None for the study."""


async def answer_of(name: str | None, trial: str | None, given: Whom, query: Asked) -> View:
    """Return the answer about what a name means: a study, if there is one of it, else a trial.

    Parameters
    ----------
    name
        A study's or a Trial's, as NAME or NAMESPACE/NAME.
    trial
        The number or name of a trial of the study.
    query
        What is asked of a trial.

    Raises
    ------
    UsageError
        If it is neither, or something is asked of a study that only a trial has.
    """
    failed: list[UsageError] = []
    for study, wanted in _meanings(name, trial, given):
        try:
            async with opened(study, given) as source:
                return await _asked(source, study, wanted, query)
        except UsageError as error:
            failed.append(error)
    first, last = failed[0], failed[-1]
    if str(first) == str(last):
        raise first
    raise UsageError(
        "", f"{str(name)[:80]!r} is no study, nor a trial: {first.message}; {last.message}"
    )


def _meanings(name: str | None, trial: str | None, given: Whom) -> Iterator[Meant]:
    """Yield what a name may mean, in the order in which it is tried."""
    if trial is not None or name is None:
        yield name, trial
        return
    if given.file is None or not name.isdecimal():
        yield name, None
    if given.file is not None:
        yield None, name.rpartition("/")[2]
        return
    stem, _, _ = name.rpartition("-")
    if stem and not stem.endswith("/"):
        yield stem, name.rpartition("/")[2]


async def _asked(source: StudySource, study: str | None, trial: str | None, query: Asked) -> View:
    if trial is not None:
        number = await _number_of(source, study, trial)
        return await source.ask(f"trials/{number}/why", query)
    if query:
        raise UsageError("STUDY", "expected a trial for --at and --counterfactual; name one")
    return await source.ask("why")


async def _number_of(source: StudySource, study: str | None, trial: str) -> int:
    if trial.isascii() and trial.isdecimal() and len(trial) <= 15:
        return int(trial)
    stem = (study or "").rpartition("/")[2]
    for known in (sampled_number(stem, trial), repeat_number(stem, trial)):
        if known is not None:
            return known
    for view in await all_items(source, "trials"):
        if view["name"] == trial:
            return int(view["number"])
    raise UsageError(
        "TRIAL", f"expected the name or number of a trial, got {trial[:80]!r}; `status` lists them"
    )

"""What is recorded of a study beside its log: what its trials were made as, and its spec.

No judge needs it, so that it is written whether or not the study's judge is in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from espalier.api import Study
from espalier.engine.reports.storable import storable_making
from espalier.planning.proposing.past import earlier_trial
from espalier.planning.world.earlier import TakenOver
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.planning.world.record import MadeTrial
from espalier.search import ClosedBranch, PastTrial, Proposal, branches_of_text, still_closed
from espalier.store import (
    Batch,
    Store,
    StoredEarlier,
    StoredProposal,
    StoredSpec,
    StudyRow,
    earlier_rows,
    made_bytes,
    proposal_row,
    spec_row,
    trial_row,
    warm_start_row,
)
from espalier.store.batch import Row


class Making:
    """What was made for one study, as far as it is durable.

    Parameters
    ----------
    row : StudyRow
        The study in the store.
    store : Store
        Where it is recorded.
    made : dict
        What trials were made as, by number, as the store has it.
    specs : iterable of StoredSpec
        What the Study said, newest last.
    proposals : iterable of StoredProposal
        What trials were to run.
    earlier : StoredEarlier, optional
        What it has taken over from earlier studies.

    Attributes
    ----------
    made, proposals : mapping
        By number, for `StudyRecord`: they grow as more becomes durable.
    proposed_last : int or None
        The number for which was proposed last.
    exhausted : int or None
        The least number for which no configuration was left.
    closed : tuple of ClosedBranch
        What is closed by the newest proposal, with what was known when each of them was.
    earlier : StoredEarlier or None
        What was taken over from earlier studies.
    """

    def __init__(
        self,
        row: StudyRow,
        store: Store,
        made: dict[int, MadeTrial],
        specs: Iterable[StoredSpec],
        proposals: Iterable[StoredProposal] = (),
        earlier: StoredEarlier | None = None,
    ) -> None:
        self._row = row
        self._store = store
        self._made = made
        self.made: Mapping[int, MadeTrial] = MappingProxyType(made)
        self._proposals: dict[int, Proposal] = {}
        self._proposed: dict[int, str] = {}
        self.proposals: Mapping[int, Proposal] = MappingProxyType(self._proposals)
        self.proposed_last: int | None = None
        self.exhausted: int | None = None
        self.closed: tuple[ClosedBranch, ...] = ()
        self.earlier = earlier
        self._earlier_trials: tuple[PastTrial, ...] | None = None
        for proposal in proposals:
            self._take(proposal)
        self._templates: dict[int, int] = {}
        self._generation: int | None = None
        for spec in specs:
            self._keep(spec, spec_row(row.id, spec))

    @classmethod
    async def read(cls, row: StudyRow, store: Store) -> Making:
        """Read it out of the store.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        made, specs = await store.made(row), await store.specs(row)
        proposals, earlier = await store.proposals(row), await store.earlier(row)
        making = cls(row, store, made, specs, proposals, earlier)
        await asyncio.to_thread(lambda: making.earlier_trials)  # There may be thousands.
        return making

    async def note(self, trials: Iterable[tuple[int, MadeTrial]]) -> None:
        """Record what trials were made as; durable when it returns.

        Raises
        ------
        ReportError
            If the store could not take a number: it is no trial's.
        RetryLater
            If the store does not answer.
        """
        rows, news = Batch(self._row.id), dict(storable_making(*each) for each in trials)
        for number, made in news.items():
            news[number] = made = made.after(self._made.get(number))
            rows.trials.append(trial_row(self._row.id, number, made))
            if number in self._made:
                rows.overwritten += made_bytes(rows.trials[-1])
        await asyncio.shield(self._store.commit(rows))
        self._made.update(news)

    def parameters(self, number: int) -> str | None:
        """Return the parameters of a trial as JSON; None where nothing is known of it.

        What was proposed is told as it was proposed: that a trial is recorded as made, too, must
        not change what a search sees, or a replay would see something else.
        """
        proposed = self._proposed.get(number)
        if proposed is not None:
            return proposed
        made = self._made.get(number)
        return None if made is None else made.told_of

    async def note_proposal(self, proposal: StoredProposal) -> None:
        """Record what a trial is to run; durable when it returns.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        rows = Batch(self._row.id, proposals=[proposal_row(self._row.id, proposal)])
        await asyncio.shield(self._store.commit(rows))
        self._take(proposal)

    @property
    def taken_over(self) -> TakenOver | None:
        """That trials of earlier studies were taken over, for `StudyRecord`."""
        earlier = self.earlier
        return None if earlier is None else TakenOver(earlier.asked, earlier.sources)

    @property
    def earlier_trials(self) -> tuple[PastTrial, ...]:
        """The trials that were taken over, as a search sees them: the same objects each time."""
        if self._earlier_trials is None:
            self._earlier_trials = self._past(self.earlier)
        return self._earlier_trials

    def _past(self, earlier: StoredEarlier | None) -> tuple[PastTrial, ...]:
        direction = self._row.terms.direction
        trials = () if earlier is None else earlier.trials
        return tuple(earlier_trial(each, direction) for each in trials)

    async def note_earlier(self, earlier: StoredEarlier) -> None:
        """Record what was taken over from earlier studies; durable when it returns.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        rows = Batch(self._row.id, warm_starts=[warm_start_row(self._row.id, earlier)])
        # There may be thousands: other work goes on in between.
        rows.earlier_trials += await asyncio.to_thread(earlier_rows, self._row.id, earlier)
        past = await asyncio.to_thread(self._past, earlier)
        await asyncio.shield(self._store.commit(rows))
        self.earlier, self._earlier_trials = earlier, past

    def _take(self, stored: StoredProposal) -> None:
        text, number = stored.parameters, stored.trial
        parameters = None if text is None else parameters_of_text(text)
        self.proposed_last = number
        if text is not None:
            self._proposed[number] = text
        self._proposals[number] = Proposal(
            parameters, stored.source, stored.redrawn, stored.repeats, stored.branches
        )
        self.closed = still_closed(self.closed, branches_of_text(stored.branches))
        if text is None:
            self.exhausted = number if self.exhausted is None else min(number, self.exhausted)

    async def note_spec(self, study: Study, at: float) -> None:
        """Record what the Study says, unless this generation of it is recorded.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        generation = study.metadata.generation
        if generation == self._generation:
            return
        said = study.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
        spec = StoredSpec(fingerprint(study.spec.template), generation, said, at)
        row = spec_row(self._row.id, spec)
        overwritten = self._templates.get(spec.template, 0)
        await asyncio.shield(
            self._store.commit(Batch(self._row.id, specs=[row], overwritten=overwritten))
        )
        self._keep(spec, row)

    def _keep(self, spec: StoredSpec, row: Row) -> None:
        self._generation = spec.generation
        self._templates[spec.template] = made_bytes(row)

"""What is recorded of a study beside its log: what its trials were made as, and its spec.

No judge needs it, so that it is written whether or not the study's judge is in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from espalier.api import Study
from espalier.engine.reports.storable import storable_making
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.record import MadeTrial
from espalier.store import Batch, Store, StoredSpec, StudyRow, made_bytes, spec_row, trial_row
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

    Attributes
    ----------
    made : mapping
        By number, for `StudyRecord`: it grows as more becomes durable.
    """

    def __init__(
        self, row: StudyRow, store: Store, made: dict[int, MadeTrial], specs: Iterable[StoredSpec]
    ) -> None:
        self._row = row
        self._store = store
        self._made = made
        self.made: Mapping[int, MadeTrial] = MappingProxyType(made)
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
        return cls(row, store, await store.made(row), await store.specs(row))

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
            rows.trials.append(trial_row(self._row.id, number, made))
            if number in self._made:
                rows.overwritten += made_bytes(rows.trials[-1])
        await asyncio.shield(self._store.commit(rows))
        self._made.update(news)

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

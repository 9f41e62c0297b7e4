"""Finding what a Study's pruner names elsewhere, and recording it once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from espalier.engine.control.presence import find
from espalier.engine.control.warm_starts import WarmStarts, refusal
from espalier.engine.control.world import World
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import SpecError
from espalier.kube import PRUNER_PROFILE, Cluster, Object, Refused
from espalier.planning import StudyView
from espalier.planning.earlier_curves import found_in
from espalier.planning.profiled_pruner import FIELD, found_in_profile
from espalier.planning.world.pruner_lookup import ProfileLookup, PrunerLookup

STUDIES = "spec.pruner.auto.prior.studies"


class PrunerLookups:
    """Finds what pruners name.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        cluster: Cluster,
        earlier: WarmStarts,
        live: OpenStudies,
        world: World,
        clock: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._earlier = earlier
        self._live = live
        self._world = world
        self._clock = clock

    async def look_up(self, study: StudyView, wanted: PrunerLookup) -> None:
        """Record what a Study's pruner names, or remember why it was not found.

        Raises
        ------
        RetryLater
            If the study is not open, or store or API server do not answer.
        """
        try:
            # Also that no judge can be built with what was found is said of the Study.
            await self._live.note_found(study.uid, await self._found(study, wanted))
        except SpecError as error:
            self._world.pruners[study.uid] = refusal(wanted.asked, error, self._clock())
            return
        self._world.pruners.pop(study.uid, None)

    async def _found(self, study: StudyView, wanted: PrunerLookup) -> dict[str, Any]:
        if isinstance(wanted, ProfileLookup):
            return found_in_profile(wanted, await self._profile(study, wanted.name))
        studies = await self._earlier.studies(STUDIES, study, wanted.prior.studies)
        return await asyncio.to_thread(found_in, wanted, studies)

    async def _profile(self, study: StudyView, name: str) -> Object:
        try:
            found = await find(self._cluster, PRUNER_PROFILE, study.namespace, name)
        except Refused as error:
            raise SpecError(
                FIELD,
                f"expected the right to read PrunerProfile {name}, which the operator has not "
                f"({error.message}); upgrade its chart, or grant it `get` on prunerprofiles",
            ) from error
        if isinstance(found, str):
            raise SpecError(
                FIELD,
                f"expected a PrunerProfile of namespace {study.namespace}, got {name}, which does "
                "not exist; create it, for example with `espalier recommend --profile`",
            )
        return found

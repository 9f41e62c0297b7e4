"""Taking over trials of earlier studies: read, mapped, and recorded once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from espalier.api.selector import LabelSelector
from espalier.api.warm_start import ConfigMapKey, EarlierStudySpec
from espalier.engine.control.presence import find
from espalier.engine.control.world import World
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import InputError, SpecError
from espalier.kube import CONFIG_MAP, Cluster, Refused
from espalier.planning import StudyView
from espalier.planning.proposing.taking_over import SourceStudy, take_over
from espalier.planning.world.lookup_refusal import LookupRefusal
from espalier.planning.world.warm_start import WarmStart
from espalier.store import StoredEarlier, read_lines
from espalier.study_log.read_csv import read_csv
from espalier.study_log.sources import source_of

AGAIN = 30.0
"""Seconds after which what was missing is looked for again."""
MOST_SELECTED = 32
"""Studies that one selector stands for: the newest."""
CHART_VALUE = "warmStart.readConfigMaps"


def refusal(asked: int, error: InputError, now: float) -> LookupRefusal:
    """Return why something was not found; it is looked for again after a while."""
    message = f"{error}; it is looked at again every {AGAIN:.0f} s"
    return LookupRefusal(asked, message, now + AGAIN)


class WarmStarts:
    """Takes over what Studies ask for.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    """

    def __init__(
        self, cluster: Cluster, live: OpenStudies, world: World, clock: Callable[[], float]
    ) -> None:
        self._cluster = cluster
        self._live = live
        self._world = world
        self._clock = clock

    async def take_over(self, study: StudyView, wanted: WarmStart) -> None:
        """Record what a Study asks for, or remember why that cannot be done.

        Raises
        ------
        RetryLater
            If the study is not open, or store or API server do not answer.
        """
        try:
            found = await self._sources(study, wanted)
            sources, trials = await asyncio.to_thread(take_over, wanted, found)
        except InputError as error:
            self._world.warm_starts[study.uid] = refusal(wanted.asked, error, self._clock())
            return
        earlier = StoredEarlier(wanted.asked, sources, trials, self._clock())
        await self._live.note_earlier(study.uid, earlier)
        self._world.warm_starts.pop(study.uid, None)

    async def _sources(self, study: StudyView, wanted: WarmStart) -> list[SourceStudy]:
        """Return what is asked for, each once, in the Study's order."""
        found = await self.studies("spec.warmStart.studies", study, wanted.said.studies)
        tables = [
            await self._table(f"spec.warmStart.from[{index}].configMap", study, table, wanted)
            for index, table in enumerate(each.config_map for each in wanted.said.from_)
        ]
        return [*found, *tables]

    async def studies(
        self, field: str, study: StudyView, asked: Sequence[EarlierStudySpec]
    ) -> list[SourceStudy]:
        """Return the studies that a field asks for, each once, in the field's order.

        Raises
        ------
        SpecError
            If nothing is stored of one.
        RetryLater
            If the store does not answer.
        """
        found: dict[str, SourceStudy] = {}
        for index, said in enumerate(asked):
            path = f"{field}[{index}]"
            if said.selector is None:
                names, path = [said.name or ""], f"{path}.name"
            else:
                names = self._selected(study, said.selector)
            for name in names:
                source = found.get(name) or await self._study(path, study, name)
                if source is not None:
                    found[name] = source
                elif said.selector is None:
                    raise _nothing_stored(path, study, name)
        return list(found.values())

    def _selected(self, study: StudyView, selector: LabelSelector) -> list[str]:
        """Return the names of the Studies with such labels, the oldest first, without itself."""
        found = (
            self._world.study(key)
            for key in self._world.studies.keys()  # noqa: SIM118 (no mapping)
            if key.namespace == study.namespace and key.name != study.name
        )
        metas = [
            each["metadata"]
            for each in found
            if each is not None and selector.selects(each["metadata"].get("labels") or {})
        ]
        metas.sort(key=lambda meta: (meta.get("creationTimestamp") or "", meta["name"]))
        return [meta["name"] for meta in metas[-MOST_SELECTED:]]

    async def _study(self, path: str, study: StudyView, name: str) -> SourceStudy | None:
        return await self._live.source(path, study.namespace, name, besides=study.uid)

    async def _table(
        self, path: str, study: StudyView, place: ConfigMapKey, wanted: WarmStart
    ) -> SourceStudy:
        try:
            found = await find(self._cluster, CONFIG_MAP, study.namespace, place.name)
        except Refused as error:
            raise SpecError(
                path,
                f"expected the right to read ConfigMap {place.name}, which the operator has not "
                f"({error.message}); set {CHART_VALUE} of its chart to true, and see "
                "that who creates the Study may read the ConfigMap",
            ) from error
        if isinstance(found, str):
            raise SpecError(
                f"{path}.name",
                f"expected a ConfigMap of namespace {study.namespace}, got {place.name}, which "
                "does not exist; create it, for example with `espalier import`",
            )
        data = found.get("data") or {}
        if place.key not in data:
            raise SpecError(
                f"{path}.key",
                f"expected one of the keys of ConfigMap {place.name} "
                f"({', '.join(sorted(data)[:16]) or 'it has none'}), got {place.key}; correct it",
            )
        name = f"{place.name}/{place.key}"
        return await asyncio.to_thread(_read, data[place.key], path, name, wanted)


def _nothing_stored(path: str, study: StudyView, name: str) -> SpecError:
    return SpecError(
        path,
        f"expected a Study of namespace {study.namespace} that has run, or one whose log is kept, "
        f"got {name}, of which nothing is stored; correct the name, or give its export by "
        "spec.warmStart.from",
    )


def _read(text: str, path: str, name: str, wanted: WarmStart) -> SourceStudy:
    """Return the trials of a text: JSON lines or a table."""
    kind = CONFIG_MAP.name
    if text.lstrip().startswith("{"):
        return source_of(read_lines(text.splitlines(), f"{kind} {name}"), path, kind, name)
    return read_csv(text, path, name, wanted.metric, wanted.direction)

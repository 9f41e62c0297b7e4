"""What a source says, and what it means in the study's words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from espalier_sidecar.errors import BadReport
from espalier_sidecar.report import Report, make_report
from espalier_sidecar.text import clip

MOST_COUNTED = 200
"""So many metrics without steps are counted; the names are kept over a restart."""
MOST_OWNED = 1000
"""So many metrics are known to be one source's."""
MOST_NAMES = 20
ROUNDED = 0.0051
"""Trainers write an epoch with two digits: a step that is whole but for that is taken for whole."""


class Reading(NamedTuple):
    """One value in the source's own words."""

    metric: str
    """What the source calls the metric."""
    step: float | None
    """The step as the source counts; None where it says none."""
    value: float
    """The value, NaN and infinities included."""


class Translation:
    """Makes reports of readings: names and steps of the source become the study's.

    A reading without a step is counted in order of arrival, each metric for itself, from 1.

    Parameters
    ----------
    names
        The study's names of metrics by the source's; others keep theirs.
    step_scale
        What a step is multiplied with; None where it is to be whole as it comes.
    owners
        Whose each metric is, by its name, where sources may tell the same one with other steps:
        it is the first's that told it. None where a metric may come from anywhere.

    Attributes
    ----------
    names
        Of the metrics that came, the first twenty, as the source calls them, in order of arrival.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        step_scale: float | None,
        owners: dict[str, Translation] | None = None,
    ) -> None:
        self._ours = names
        self._scale = step_scale
        self._owners = owners
        self._counts: dict[str, int] = {}
        self.names: dict[str, None] = {}

    def renames(self, name: str) -> bool:
        """Tell whether the study has a name of its own for one of the source's."""
        return name in self._ours

    def report(self, reading: Reading) -> Report:
        """Return what a reading means.

        Raises
        ------
        BadReport
            If the metric cannot be called so, is another source's, or the step is no whole number.
        """
        metric = self.ours(reading.metric)
        if len(self.names) < MOST_NAMES:
            self.names[reading.metric[:250]] = None
        if reading.step is not None:
            return self._own(make_report(metric, self._whole(reading.step), reading.value))
        if metric not in self._counts and len(self._counts) == MOST_COUNTED:
            raise BadReport(
                f"expected at most {MOST_COUNTED} metrics without steps; came {clip(metric)} too"
            )
        report = self._own(make_report(metric, self._counts.get(metric, 0) + 1, reading.value))
        self._counts[metric] = report.step
        return report

    def _own(self, report: Report) -> Report:
        """Return a report whose metric is this source's, from now on if it was nobody's."""
        owners = {} if self._owners is None else self._owners
        if len(owners) < MOST_OWNED:
            owners.setdefault(report.metric, self)
        if owners.get(report.metric, self) is not self:
            raise BadReport(
                f"{clip(report.metric)} came from another collector before, and maybe with other "
                "steps: choose one of the two as the study's collector"
            )
        return report

    def ours(self, metric: str) -> str:
        """Return what the study calls a metric of the source."""
        return self._ours.get(metric, metric)

    def renamed(self) -> Sequence[str]:
        """Return the metrics that the study has names for, as the source calls them."""
        return tuple(self._ours)

    def state(self) -> dict[str, int]:
        """Return what must be known after a restart: how often each metric came."""
        return dict(self._counts)

    def resume(self, state: object) -> None:
        """Go on from a state that was kept; what is none is left out."""
        if isinstance(state, dict):
            self._counts = {
                name: count for name, count in state.items() if type(count) is int and count > 0
            }

    def _whole(self, step: float) -> float:
        if not math.isfinite(step) or (self._scale is None and step == int(step)):
            return step
        if self._scale is None:
            raise BadReport(
                f"expected a whole number as step; came {clip(step)}: say in stepScale how many "
                "steps of resource.max one of these is"
            )
        scaled = step * self._scale
        if not math.isfinite(scaled):
            return scaled
        whole = round(scaled)
        if abs(scaled - whole) > min(0.49, ROUNDED * max(1.0, self._scale)):
            raise BadReport(
                f"expected a step that is whole after stepScale ({self._scale:g}); came "
                f"{clip(step)}, which makes {scaled:g}"
            )
        return whole

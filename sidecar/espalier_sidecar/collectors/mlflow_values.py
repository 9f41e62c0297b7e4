"""What a trainer logs with MLflow, as the study's values."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from espalier_sidecar.collectors.base import Health
from espalier_sidecar.collectors.reading import MOST_COUNTED, MOST_NAMES, Reading, Translation
from espalier_sidecar.errors import BadReport
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.metric_name import EXPECTED, is_metric_name
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip

MOST_METRICS = 1000
"""So many are told apart by the run that they belong to; of more, every run's values are taken."""
RECENT = 2048
"""So many values are remembered, to know one that the client sends again."""
MOST_MISMATCHES = 10
MOST_OTHERS = 20
"""Of so many runs that come second the log says so."""
TOLERANCE = 1e-6
"""Two numbers are one parameter if they differ by no more than this part: as float32 does."""
SYSTEM = "system/"


class Values:
    """Makes reports of metrics; not for several threads at once.

    MLflow's client sends step 0 where the trainer gives none. So the first value of a metric waits
    if its step is 0: with a second one at step 0 they are counted in order of arrival, from 1;
    else steps are taken as they come. One that stays alone is counted when its run ends.

    Of each metric, the run that logs it first is taken: other runs are other processes of the same
    training, or parts of it.

    Parameters
    ----------
    translation
        What the study calls the metrics and steps.
    parameters
        The trial's parameters, in their own types.
    system_metrics
        Whether metrics under `system/` are taken.
    """

    def __init__(
        self, translation: Translation, parameters: Mapping[str, Any], system_metrics: bool
    ) -> None:
        self._translation = translation
        self._parameters = parameters
        self._system_metrics = system_metrics
        self._owners: dict[str, str] = {}
        self._waiting: dict[str, float] = {}
        self._counted: set[str] = set()
        self._stepped: set[str] = set()
        self._recent: deque[int] = deque(maxlen=RECENT)
        self._known: set[int] = set()
        self._used: dict[str, str] = {}
        self._others: set[str] = set()
        self._seen = self._matched = self._bad = 0
        self._passed_over = ""

    def metric(self, run: str, logged: Any, index: int) -> list[Report]:
        """Return what a metric means, as MLflow's client writes it in JSON.

        Parameters
        ----------
        run
            The run that it is logged to.
        logged
            The metric: key, value, timestamp, step.
        index
            Its place in the body, which is the same when the client sends that again.
        """
        self._seen += 1
        try:
            key, value, step = _read(logged)
            if self._is_again((run, key, logged.get("timestamp"), step, repr(value), index)):
                return []
            if key.startswith(SYSTEM) and not self._system_metrics:
                self._passed_over = f"{clip(key)}: systemMetrics is not set"
                return []
            if not self._is_owner(run, key):
                return []
        except BadReport as error:
            self.bad(str(error))
            return []
        return self._reports(self._stepwise(key, value, step))

    def parameter(self, logged: Any) -> None:
        """Compare a parameter that the trainer logs with the trial's; the first value counts."""
        if not isinstance(logged, dict):
            return
        name, used = logged.get("key"), logged.get("value")
        if not isinstance(name, str) or name not in self._parameters or name in self._used:
            return
        given = self._parameters[name]
        self._used[name] = "" if same(given, str(used)) else str(used)[:100]
        if self._used[name]:
            log_line_limited(
                "parameters",
                f"parameter {name}: expected the trial's {clip(given)}; the trainer logs "
                f"{clip(used)}",
            )

    def bad(self, why: str) -> None:
        """Count something that could not be used."""
        self._bad += 1
        self._passed_over = why
        log_line_limited("mlflow", f"passed over what MLflow's client logs: {why}")

    def ended(self, run: str | None) -> list[Report]:
        """Return what waited for a second value that will not come.

        Parameters
        ----------
        run
            The run that has ended; None if all have.
        """
        alone = [key for key in self._waiting if run is None or self._owners.get(key) == run]
        found = [Reading(key, None, self._waiting.pop(key)) for key in alone]
        self._counted.update(alone)
        return self._reports(found)

    def state(self) -> dict[str, Any]:
        """Return what must be known after a restart."""
        waiting = list(self._waiting)[:MOST_COUNTED]
        counted = sorted(self._counted)[:MOST_COUNTED]
        owners = {key: self._owners[key] for key in waiting + counted if key in self._owners}
        return {
            "counts": self._translation.state(),
            "counted": counted,
            "waiting": {key: repr(self._waiting[key]) for key in waiting},
            "owners": owners,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept; what is none is left out."""
        self._translation.resume(state.get("counts"))
        counted, waiting = state.get("counted"), state.get("waiting")
        if isinstance(counted, list):
            self._counted = {key for key in counted if isinstance(key, str)}
        if isinstance(waiting, dict):
            for key, text in waiting.items():
                try:
                    self._waiting[key] = float(text)
                except (TypeError, ValueError):
                    continue
        owners = state.get("owners")
        if isinstance(owners, dict):
            self._owners = {key: run for key, run in owners.items() if isinstance(run, str)}

    def health(self, source: str, fault: str) -> Health:
        """Return how it goes."""
        mismatches = [
            (name[:100], str(self._parameters[name])[:100], used)
            for name, used in list(self._used.items())
            if used
        ]
        return Health(
            source,
            fault,
            self._seen,
            self._matched,
            self._bad,
            self._passed_over,
            tuple(self._translation.names),
            tuple(mismatches[:MOST_MISMATCHES]),
        )

    def _is_again(self, what: tuple[object, ...]) -> bool:
        mark = hash(repr(what))
        if mark in self._known:
            return True
        if len(self._recent) == RECENT:
            self._known.discard(self._recent[0])
        self._recent.append(mark)
        self._known.add(mark)
        return False

    def _is_owner(self, run: str, key: str) -> bool:
        owner = self._owners.get(key)
        if owner is None and len(self._owners) < MOST_METRICS:
            self._owners[key] = run
        if owner is None or owner == run:
            return True
        self._passed_over = (
            f"{clip(key)} of run {clip(run)}: run {clip(owner)} logged it first, and is taken"
        )
        if run not in self._others and len(self._others) < MOST_OTHERS:
            self._others.add(run)
            log_line(f"passed over {self._passed_over}")
        return False

    def _stepwise(self, key: str, value: float, step: int) -> list[Reading]:
        if key in self._counted:
            return [Reading(key, None, value)]
        if step == 0 and key in self._waiting:
            self._counted.add(key)
            return [Reading(key, None, self._waiting.pop(key)), Reading(key, None, value)]
        if step == 0 and key not in self._stepped and len(self._waiting) < MOST_METRICS:
            self._waiting[key] = value
            if len(self._translation.names) < MOST_NAMES:
                self._translation.names[key[:250]] = None
            return []
        if len(self._stepped) < MOST_METRICS:
            self._stepped.add(key)
        first = [Reading(key, 0, self._waiting.pop(key))] if key in self._waiting else []
        return [*first, Reading(key, step, value)]

    def _reports(self, readings: list[Reading]) -> list[Report]:
        reports = []
        for reading in readings:
            try:
                reports.append(self._translation.report(reading))
                self._matched += 1
            except BadReport as error:
                self.bad(str(error))
        return reports


def same(given: object, used: str) -> bool:
    """Tell whether a logged text is a parameter's value; numbers are compared as such."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        try:
            return math.isclose(float(used), given, rel_tol=TOLERANCE)
        except (ValueError, OverflowError):
            return False
    return used.strip().casefold() == str(given).strip().casefold()


def _read(logged: Any) -> tuple[str, float, int]:
    """Return key, value and step; raises `BadReport`."""
    if not isinstance(logged, dict) or not isinstance(logged.get("key"), str):
        raise BadReport(f"expected a metric with key and value; came {clip(logged)}")
    key = logged["key"]
    if not is_metric_name(key):
        raise BadReport(f"expected as metric {EXPECTED}; came {clip(key)}")
    return key, _value(key, logged.get("value")), _step(key, logged.get("step", 0))


def _value(key: str, value: Any) -> float:
    # What is not finite comes as text: "NaN", "Infinity"; protobuf takes any number as text.
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise BadReport(f"metric {clip(key)}: expected a number as value; came {clip(value)}")


def _step(key: str, step: Any) -> int:
    if isinstance(step, int) and not isinstance(step, bool):
        return step
    if isinstance(step, float) and step.is_integer():
        return int(step)
    if isinstance(step, str) and re.fullmatch(r"-?[0-9]{1,19}", step):
        return int(step)
    raise BadReport(f"metric {clip(key)}: expected a whole number as step; came {clip(step)}")

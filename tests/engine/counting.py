"""An observer of reports that remembers what it was told."""

from __future__ import annotations


class Counting:
    """Remembers which limits were reached, and how long each study judged."""

    def __init__(self) -> None:
        self.limits: list[tuple[str, str, str]] = []
        self.judged: list[tuple[str, float]] = []

    def values_received(self, namespace: str, study: str, receipt: str, count: int = 1) -> None:
        pass

    def values_judged(self, namespace: str, study: str, seconds: float) -> None:
        self.judged.append((study, seconds))

    def report_taken(self, namespace: str, study: str, seconds: float) -> None:
        pass

    def limit_reached(self, namespace: str, study: str, limit: str) -> None:
        self.limits.append((namespace, study, limit))

    def prune_decided(self, seconds: float, trial: str = "") -> None:
        pass

"""Which pod is which attempt of which trial: who may report what."""

from __future__ import annotations

from collections.abc import KeysView

from espalier.engine.reports.submission import Binding
from espalier.errors import ReportError


class Bindings:
    """The pods that are known, and the present one of each trial.

    Nothing else remembers who may report. The number of a pod's attempt is durable, so that a pod
    that is forgotten gets the same one again.
    """

    def __init__(self) -> None:
        self._of_pod: dict[str, Binding] = {}
        self._present: dict[tuple[str, int], Binding] = {}

    def bind(self, binding: Binding, *, present: bool = True) -> None:
        """Let a pod report; the one with the highest attempt is its trial's present pod.

        Parameters
        ----------
        binding : Binding
            Which attempt of which trial it is.
        present : bool
            False for a pod that has ended and only left something: it may be seen, and get its
            number, after the one that follows it.
        """
        self._of_pod[binding.pod_uid] = binding
        if not present:
            return
        key = (binding.study_uid, binding.number)
        before = self._present.get(key)
        if before is None or before.attempt <= binding.attempt:
            self._present[key] = binding

    def unbind(self, pod_uid: str) -> None:
        """Forget a pod that is gone."""
        binding = self._of_pod.pop(pod_uid, None)
        if binding is not None:
            key = (binding.study_uid, binding.number)
            if self._present.get(key) == binding:
                del self._present[key]

    def forget(self, study_uid: str) -> None:
        """Forget the pods of a study."""
        for binding in [each for each in self._of_pod.values() if each.study_uid == study_uid]:
            self.unbind(binding.pod_uid)

    def pods(self) -> KeysView[str]:
        """Return the uids of the pods that may report, as they are at any moment."""
        return self._of_pod.keys()

    def of(self, pod_uid: str) -> Binding | None:
        """Return the binding of a pod, None if it is not known."""
        return self._of_pod.get(pod_uid)

    def check(self, binding: Binding, trial: str) -> None:
        """Raise unless a pod names its own trial, and is the trial's present one.

        Raises
        ------
        ReportError
            With status 403.
        """
        if trial != binding.trial:
            raise ReportError(
                "NotYourTrial",
                f"this pod is of trial {binding.trial}; came {trial[:320]!a}; "
                "report for the trial in ESPALIER_TRIAL",
                status=403,
            )
        present = self._present.get((binding.study_uid, binding.number))
        if present is not None and present.pod_uid != binding.pod_uid:
            raise ReportError(
                "NotPresentPod",
                f"trial {binding.trial} is now run by another pod; end this one",
                status=403,
            )

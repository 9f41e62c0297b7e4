"""What a kind of object must be able to tell so that it can run trials. Pure functions over dicts.

All else is derived from the kinds that are registered (`espalier.planning.workload.registry`): what
is watched, listed, cached and allowed, whose pods may report, and what ends a trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from espalier.planning.world.kinds import Kind
from espalier.planning.world.workload_view import WorkloadView

if TYPE_CHECKING:
    from espalier.api import StudySpec

Manifest = dict[str, Any]
Object = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkloadOrder:
    """What the object that runs a trial is to have, besides the pod template.

    Parameters
    ----------
    metadata
        Name, namespace, labels, annotations and owner: all that an object's metadata say.
    retries
        How many failures of its pods its controller makes up for.
    suspended
        Whether it is to have no pod before a queue lets it run.
    """

    metadata: Manifest
    retries: int
    suspended: bool


class WorkloadKind(Protocol):
    """A kind of object that runs a trial by making pods of a template."""

    @property
    def kind(self) -> Kind:
        """Its address."""

    @property
    def controllers_labels(self) -> frozenset[str]:
        """Labels of pods that its controller writes: a template may not have them."""

    @property
    def reporters_labels(self) -> frozenset[str]:
        """Labels of pods that `reports` reads, besides Espalier's own."""

    def runs(self, spec: StudySpec) -> bool:
        """Whether a Study has its trials run by this kind; the first that does is taken."""

    def build(self, template: Manifest, order: WorkloadOrder) -> Manifest:
        """Return the object that runs a trial.

        Parameters
        ----------
        template
            The pod template, with all that a trial's pod has.
        """

    def view(self, obj: Object, number: int) -> WorkloadView:
        """Return what is seen of an object that runs the trial with this number.

        All that it reads besides metadata must be in what `kept` returns.
        """

    def kept(self, obj: Object) -> Manifest:
        """Return ``spec`` and ``status`` of an object with what `view` reads, and no more."""

    def suspend(self, suspended: bool) -> Manifest:
        """Return the patch that suspends a workload or lets it run again."""

    def reports(self, pod: Object) -> bool:
        """Whether one of its pods may report for the trial: one pod at a time must."""

    def deletions(self, workload: T, pods: Sequence[T]) -> Sequence[T]:
        """Return what is to be deleted to end a trial, in order."""

"""What is remembered of a study that does not go on: since when, what fails, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from espalier.engine.control.cache import ObjectCache
from espalier.engine.control.causes import Causes
from espalier.engine.control.failures import Failures
from espalier.engine.control.idleness import Idleness
from espalier.planning.world.progress import progress
from espalier.planning.world.snapshot import Snapshot


@dataclass(slots=True)
class Waits:
    """The memory by which a snapshot tells what is in the way; nothing of it has to survive."""

    idleness: Idleness = field(default_factory=Idleness)
    """When each object last came further."""
    failures: Failures = field(default_factory=Failures)
    """What was asked for and has failed each time since."""
    causes: Causes = field(default_factory=Causes)
    """What the cluster says about objects that do not go on."""

    def add_to(self, snapshot: Snapshot, now: float) -> Snapshot:
        """Return a snapshot with what is remembered, and remember how far it is."""
        uid = snapshot.study.uid
        self.causes.let_go(snapshot.workloads)
        return replace(
            snapshot,
            idle=self.idleness.seen(uid, progress(snapshot), now),
            unmoved=self.idleness.unmoved(uid),
            failures=tuple(self.failures.of(uid, now)),
            causes=self.causes.known(),
            asked=self.causes.asked(now),
        )

    def forget(self, study: str) -> None:
        """Drop what is remembered of a study."""
        self.idleness.forget((study,))
        self.failures.forget(study)

    def tidy(self, *present: ObjectCache) -> None:
        """Drop what is remembered of objects that none of these knows."""
        self.causes.tidy(lambda uid: any(uid in each for each in present))

"""A tally that is kept beside a world, as the engine keeps it: from one snapshot to the next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from espalier.planning.standing.folding import ended_from, is_settled
from espalier.planning.world.names import trial_name
from espalier.planning.world.snapshot import Snapshot
from espalier.planning.world.tally import Tally


@dataclass
class Folded:
    """What was folded so far; trials that changed are folded anew, those that are gone leave."""

    tally: Tally = field(default_factory=Tally)

    def of(self, snapshot: Snapshot, *, backwards: bool = False) -> Snapshot:
        """Return a snapshot with the tally and without the trials that are settled."""
        views = {view.number: view for view in snapshot.trials if view.number is not None}
        jobs, pods = defaultdict[int, list[Any]](list), defaultdict[int, list[Any]](list)
        for job in snapshot.workloads:
            jobs[job.number].append(job)
        for pod in snapshot.pods:
            pods[pod.number].append(pod)
        records, trainer = snapshot.record.trials, snapshot.blueprint.trainer
        settled = set[int]()
        numbers = sorted(records.keys() | views.keys(), reverse=backwards)
        for number in numbers:
            view = views.get(number)
            name = view.name if view else trial_name(snapshot.study.name, number)
            record = snapshot.record.trial(number)
            ended = ended_from(name, record, view, jobs[number], pods[number], trainer)
            if ended is None:
                self.tally.unfold(number)
                continue
            self.tally.fold(ended)
            if is_settled(ended, jobs[number], pods[number], snapshot.record.made, trainer):
                settled.add(number)
        for number in [each for each in self.tally.trials if each not in numbers]:
            self.tally.unfold(number)
        return replace(
            snapshot,
            record=replace(
                snapshot.record,
                trials={n: each for n, each in records.items() if n not in settled},
            ),
            trials=tuple(each for each in snapshot.trials if each.number not in settled),
            workloads=tuple(each for each in snapshot.workloads if each.number not in settled),
            pods=tuple(each for each in snapshot.pods if each.number not in settled),
            tally=self.tally,
        )

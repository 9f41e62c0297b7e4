"""What goes wrong in a run: each kind can be switched on alone, and a seed draws some of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields, replace


@dataclass
class Faults:
    """Rates of faults; nothing goes wrong unless said so.

    Parameters
    ----------
    refused, lost
        Share of requests that fail unseen, and that are carried out but not answered.
    slow
        Most seconds that a request takes, each way.
    conflicts
        Share of status writes that are answered with 409 though the object is there.
    late
        Most seconds that a watch may lag behind; each kind draws its own lag again and again.
    dropped, repeated
        Share of events that a watch does not tell, and tells twice.
    breaks
        How often a second a watch breaks and has to list again.
    commits
        Share of commits, and of the store's other answers, that fail.
    posts
        Share of posts whose answer the sidecar does not get.
    kills
        How often a second the operator is killed.
    unserved
        How often a second the CRDs are not served for some seconds.
    restores
        How often a second etcd is restored from a backup.
    drains
        How often a second a node is drained; some trainers exit with 0 then (`deaf`).
    reboots
        How often a second a node is rebooted.
    refusals, ooms, beside
        Share of pods that a node refuses, whose trainer loses a process to its memory limit and
        exits with 0 half way, and that have another container which runs on.
    people
        How often a second somebody deletes a pod, a Job or a Trial, or makes a Trial by hand.
    brakes
        How often a second somebody pauses pruning, has more of the best kept, or protects a Trial;
        or takes that back.
    prunings
        How often a second somebody has a Trial pruned.
    stops
        How often a second somebody stops the Study, or has it go on.
    tenants
        How often a second somebody forges an object.
    ttl
        Seconds after which finished Jobs are deleted while the operator is down; 0: never.
    farewells
        How often a second somebody deletes the Study, or its namespace.
    jumps
        How often a second the clock of the operator's machine is set, by an hour at most.
    """

    refused: float = 0.0
    lost: float = 0.0
    slow: float = 0.002
    conflicts: float = 0.0
    late: float = 0.005
    dropped: float = 0.0
    repeated: float = 0.0
    breaks: float = 0.0
    commits: float = 0.0
    posts: float = 0.0
    kills: float = 0.0
    unserved: float = 0.0
    restores: float = 0.0
    drains: float = 0.0
    deaf: float = 0.0
    reboots: float = 0.0
    refusals: float = 0.0
    ooms: float = 0.0
    beside: float = 0.0
    people: float = 0.0
    tenants: float = 0.0
    ttl: float = 0.0
    farewells: float = 0.0
    jumps: float = 0.0
    brakes: float = 0.0
    prunings: float = 0.0
    stops: float = 0.0

    def stop(self) -> None:
        """End all faults at once."""
        for name, value in vars(Faults()).items():
            setattr(self, name, value)

    def __str__(self) -> str:
        """Name what is not as usual."""
        calm = Faults()
        changed = [f for f in fields(self) if getattr(self, f.name) != getattr(calm, f.name)]
        return ", ".join(f"{f.name} {getattr(self, f.name):.3g}" for f in changed)


MOST = Faults(
    refused=0.2,
    lost=0.2,
    slow=3.0,
    conflicts=0.1,
    late=3.0,
    dropped=0.3,
    repeated=0.3,
    breaks=0.2,
    commits=0.05,
    posts=0.2,
    kills=0.2,
    unserved=0.15,
    restores=0.15,
    drains=0.3,
    deaf=0.5,
    reboots=0.3,
    refusals=0.4,
    ooms=0.3,
    beside=0.5,
    people=0.3,
    tenants=0.5,
    ttl=1.0,
    farewells=0.1,
    jumps=0.3,
    brakes=1.0,
    prunings=1.0,
    stops=0.3,
)
"""How bad each kind may become."""


def drawn(rnd: random.Random, without: frozenset[str] = frozenset()) -> Faults:
    """Draw a few kinds of faults and how bad each of them is."""
    names = [f.name for f in fields(Faults) if f.name not in without]
    chosen = rnd.sample(names, rnd.randint(1, min(7, len(names))))
    rates = {name: getattr(MOST, name) * rnd.uniform(0.2, 1.0) for name in chosen}
    return replace(Faults(), **rates)

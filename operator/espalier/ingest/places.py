"""Who holds the places for connections, and who gives one up when they run short.

Pure: the time is an argument, and closing is for others (`espalier.ingest.connections`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from espalier.ingest.limits import Limits
from espalier.ingest.rate import Buckets


@dataclass(slots=True, eq=False)
class Place:
    """A connection's place, from the moment that it is accepted.

    Parameters
    ----------
    peer : str
        The address of the other side.
    useful : float
        When it was accepted, or, once its pod is known, when it was last of use.
    pod : str
        The pod whose good token it has shown; until then it is a stranger's.
    busy : bool
        Whether a request is being answered.
    refusals : int
        Posts in a row that showed no good token.
    """

    peer: str
    useful: float
    pod: str = ""
    busy: bool = False
    refusals: int = 0


class Places:
    """Keeps the places, and says which to give up: the least recently useful of the greediest.

    Strangers of one address share a few places, so that no number of connections that show no
    token shuts out others; pods behind one address have a place each once they have shown theirs.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: dict[Place, None] = {}
        self._peers: Counter[str] = Counter()
        self._strangers: dict[str, dict[Place, None]] = {}
        self._pods: dict[str, dict[Place, None]] = {}
        self._arrivals = Buckets(limits.connection_rate, limits.connection_burst)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Place]:
        return iter(self._all)

    def too_fast(self, peer: str, now: float) -> bool:
        """Whether an address makes new connections faster than it may; counts one."""
        return self._arrivals.take(peer, now) > 0.0

    def arrive(self, peer: str, now: float) -> tuple[Place | None, Place | None]:
        """Return a place for a new connection, and the one that is given up for it.

        Both may be None: no place, as all that could be given up are busy; or none needed.
        """
        limits, victim = self._limits, None
        strangers = self._strangers.get(peer, {})
        if len(strangers) >= limits.strangers_a_peer:
            victim = _least_useful(strangers)
        elif self._peers[peer] >= limits.connections_a_peer:
            victim = _least_useful(place for place in self._all if place.peer == peer)
        elif len(self._all) >= limits.connections:
            victim = self._greediest()
        else:
            return self._add(peer, now), None
        if victim is None:
            return None, None
        self.leave(victim)
        return self._add(peer, now), victim

    def leave(self, place: Place) -> None:
        """Free a place; once or many times."""
        if place not in self._all:
            return
        del self._all[place]
        self._peers[place.peer] -= 1
        if not self._peers[place.peer]:
            del self._peers[place.peer]
        self._take_out(place)

    def recognise(self, place: Place, pod: str) -> tuple[bool, Place | None]:
        """Note whose token a connection has shown.

        Returns
        -------
        tuple
            Whether it may stay when its request is answered, and the place that is given up
            for it.
        """
        if place not in self._all or place.pod == pod:
            return True, None
        self._take_out(place)
        place.pod = pod
        mine = self._pods.setdefault(pod, {})
        mine[place] = None
        if len(mine) <= self._limits.connections_a_pod:
            return True, None
        victim = _least_useful(each for each in mine if each is not place)
        if victim is None:
            return False, None
        self.leave(victim)
        return True, victim

    def silent(self, now: float) -> list[Place]:
        """Return those on which nothing has come for too long; they keep their places."""
        limits = self._limits
        return [
            place
            for place in self._all
            if not place.busy
            and now - place.useful
            > (limits.silence_seconds if place.pod else limits.stranger_seconds)
        ]

    def _add(self, peer: str, now: float) -> Place:
        place = Place(peer, now)
        self._all[place] = None
        self._peers[peer] += 1
        self._strangers.setdefault(peer, {})[place] = None
        return place

    def _take_out(self, place: Place) -> None:
        groups, key = (self._pods, place.pod) if place.pod else (self._strangers, place.peer)
        del groups[key][place]
        if not groups[key]:
            del groups[key]

    def _greediest(self) -> Place | None:
        """Choose among all: of the address with most strangers, else of the pod with most places.

        Whoever has one place only keeps it, unless everybody has: then the place that has been of
        no use for longest goes.
        """
        for groups in (self._strangers, self._pods):
            most = max(groups.values(), key=len, default={})
            victim = _least_useful(most) if len(most) > 1 else None
            if victim is not None:
                return victim
        return _least_useful(self._all)


def _least_useful(places: Iterable[Place]) -> Place | None:
    idle = (place for place in places if not place.busy)
    return min(idle, key=lambda place: place.useful, default=None)

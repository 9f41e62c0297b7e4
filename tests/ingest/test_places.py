"""Places for connections: bounded, and given up by those who hold most and use them least."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from espalier.ingest.limits import Limits
from espalier.ingest.places import Place, Places

SMALL = Limits(
    connections=12,
    connections_a_peer=8,
    connections_a_pod=2,
    strangers_a_peer=4,
    connection_rate=1e6,
    connection_burst=1e6,
)
ACTS = ["arrive", "arrive", "arrive", "leave", "recognise", "recognise", "busy", "idle"]


@given(st.integers(0, 2**32))
def test_every_bound_holds_and_nothing_is_held_for_those_who_left(seed: int) -> None:
    chance = random.Random(seed)
    script = [(chance.choice(ACTS), chance.choice("abc"), chance.randrange(21)) for _ in range(150)]
    places, held, now = Places(SMALL), [], 0.0
    for act, name, which in script:
        now += 1.0
        chosen = held[which % len(held)] if held else None
        if act == "arrive":
            place, victim = places.arrive(name, now)
            assert victim is None or (victim in held and not victim.busy)
            held = [each for each in [*held, place] if each not in (victim, None)]
        elif chosen is None:
            continue
        elif act == "leave":
            places.leave(chosen)
            held.remove(chosen)
        elif act == "recognise":
            chosen.busy = chance.random() < 0.5
            stays, victim = places.recognise(chosen, f"pod-{name}")
            assert victim is None or victim is not chosen
            held = [each for each in held if each is not victim]
            if not stays:
                places.leave(chosen)
                held.remove(chosen)
        else:
            chosen.busy = act == "busy"
        assert set(places) == set(held)
        assert len(places) <= SMALL.connections
        peers = Counter(each.peer for each in held)
        assert not peers or max(peers.values()) <= SMALL.connections_a_peer
        strangers = Counter(each.peer for each in held if not each.pod)
        assert not strangers or max(strangers.values()) <= SMALL.strangers_a_peer
        pods = Counter(each.pod for each in held if each.pod)
        assert not pods or max(pods.values()) <= SMALL.connections_a_pod
    for each in held:
        places.leave(each)
        places.leave(each)
    assert len(places) == 0
    assert not places._strangers
    assert not places._pods
    assert not places._peers


def fill(places: Places, peer: str, count: int, *, at: float, pods: int = 0) -> list[Place]:
    """Let connections arrive; those of pods show their token, in turn."""
    made = []
    for number in range(count):
        place, _ = places.arrive(peer, at + number / 1000)
        assert place is not None
        if pods:
            places.recognise(place, f"{peer}-{number % pods}")
        made.append(place)
    return made


LARGE = replace(Limits(), connection_burst=1e6)


def test_sixteen_pods_that_hold_all_they_can_shut_nobody_out() -> None:
    places = Places(LARGE)
    for number in range(16):
        for arrival in range(256):
            places.arrive(f"10.6.6.{number}", arrival / 1000)
    newcomer, victim = places.arrive("10.0.0.1", 1.0)
    assert newcomer is not None
    assert victim is None


def test_idle_connections_of_many_pods_give_way_to_a_newcomer() -> None:
    places = Places(LARGE)
    for number in range(512):
        fill(places, f"10.6.{number}", 8, at=0.0, pods=1)
    assert len(places) == LARGE.connections
    honest, victim = places.arrive("10.0.0.1", 1.0)
    assert honest is not None
    assert victim is not None
    assert victim.pod
    places.recognise(honest, "honest")
    for number in range(100):
        newcomer, victim = places.arrive(f"10.0.1.{number}", 2.0 + number)
        assert newcomer is not None
        assert victim is not honest


def test_a_stranger_alone_is_not_the_one_to_give_way_to_pods_that_hold_many() -> None:
    places = Places(LARGE)
    stranger = fill(places, "10.0.0.1", 1, at=0.0)[0]
    for number in range(512):
        fill(places, f"10.6.{number}", 8 if number else 7, at=1.0, pods=1)
    assert len(places) == LARGE.connections
    newcomer, victim = places.arrive("10.0.0.2", 2.0)
    assert newcomer is not None
    assert victim is not None
    assert victim is not stranger


def test_a_pod_gives_up_its_own_connection_for_its_next() -> None:
    places = Places(SMALL)
    first, second, third = fill(places, "a", 3, at=0.0)
    assert places.recognise(first, "pod") == (True, None)
    assert places.recognise(second, "pod") == (True, None)
    assert places.recognise(third, "pod") == (True, first)
    second.busy = third.busy = True
    fourth = fill(places, "a", 1, at=1.0)[0]
    fourth.busy = True
    assert places.recognise(fourth, "pod") == (False, None)


def test_strangers_of_one_address_give_way_to_each_other_and_to_nobody_elses_harm() -> None:
    places = Places(LARGE)
    mine = fill(places, "10.0.0.1", 1, at=0.0)[0]
    first = fill(places, "10.6.6.6", 64, at=1.0)
    place, victim = places.arrive("10.6.6.6", 2.0)
    assert place is not None
    assert victim is first[0]
    assert mine in set(places)


def test_a_thousand_pods_behind_one_address_have_a_place_each() -> None:
    places = Places(LARGE)
    made = fill(places, "192.0.2.1", 1000, at=0.0, pods=1000)
    assert set(places) == set(made)


def test_a_full_house_that_is_busy_takes_nobody_in() -> None:
    places = Places(SMALL)
    for name in "abc":
        for place in fill(places, name, 4, at=0.0):
            place.busy = True
    assert places.arrive("d", 1.0) == (None, None)


def test_strangers_are_silent_sooner_than_those_who_are_known() -> None:
    places = Places(LARGE)
    stranger = fill(places, "a", 1, at=0.0)[0]
    known = fill(places, "b", 1, at=0.0, pods=1)[0]
    assert places.silent(9.0) == []
    assert places.silent(11.0) == [stranger]
    assert set(places.silent(61.0)) == {stranger, known}
    known.busy = True
    assert places.silent(1000.0) == [stranger]


def test_an_address_makes_few_new_connections_a_second() -> None:
    places = Places(Limits())
    assert sum(not places.too_fast("a", 0.0) for _ in range(1000)) == 256
    assert sum(not places.too_fast("a", 1.0) for _ in range(1000)) == 30
    assert not places.too_fast("b", 1.0)

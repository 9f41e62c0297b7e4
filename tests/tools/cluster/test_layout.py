"""Clusters side by side never meet: laws over every pair of places."""

import ipaddress
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.cluster.errors import ClusterError
from tools.cluster.layout import SLOTS, Kind, Layout, checked_name, choose_slot, overlaps

slots = st.integers(0, SLOTS - 1)
kinds = st.sampled_from(Kind)
names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)


def layout(slot: int, kind: Kind = Kind.FULL, name: str = "one") -> Layout:
    return Layout(name, kind, slot, Path("/cache"))


@given(slots, slots, names)
def test_two_slots_share_no_address_port_device_or_namespace(a: int, b: int, name: str) -> None:
    if a == b:
        return
    first, second = layout(a, name=name), layout(b, name=name)
    assert not overlaps(first.network, [second.network])
    assert set(first.veth).isdisjoint(second.veth)
    assert first.netns != second.netns
    assert first.sockets != second.sockets
    bare = layout(a, Kind.CONTROL_PLANE).ports, layout(b, Kind.CONTROL_PLANE).ports
    assert set(bare[0]).isdisjoint(bare[1])


@given(slots)
def test_the_blocks_of_a_network_lie_in_it_and_apart(slot: int) -> None:
    place = layout(slot)
    blocks = [place.pods, place.services, place.simulated_pods, f"{place.address}/30"]
    nets = [ipaddress.ip_network(block, strict=False) for block in blocks]
    whole = ipaddress.ip_network(place.network)
    assert all(net.subnet_of(whole) for net in nets)  # type: ignore[arg-type]
    assert not any(one.overlaps(other) for one, other in combinations(nets, 2))
    assert ipaddress.ip_address(place.kubernetes_service) in ipaddress.ip_network(place.services)
    assert ipaddress.ip_address(place.host_address) in nets[-1]


@given(slots, names)
def test_the_kernel_takes_every_name(slot: int, name: str) -> None:
    place = layout(slot, name=name)
    assert all(len(device) <= 15 for device in place.veth)
    assert len(str(place.containerd_socket) + ".ttrpc") <= 107
    assert len(place.node) <= 63


@given(names, names)
def test_names_and_kinds_have_folders_of_their_own(one: str, other: str) -> None:
    places = {(name, kind): layout(0, kind, name).state for name in (one, other) for kind in Kind}
    assert len(set(places.values())) == len(places)


@given(st.sets(slots, max_size=SLOTS - 1), st.sets(slots))
def test_the_slot_chosen_is_free_and_usable(taken: set[int], unusable: set[int]) -> None:
    if len(taken | unusable) == SLOTS:
        with pytest.raises(ClusterError, match="taken"):
            choose_slot(taken, lambda slot: slot not in unusable)
    else:
        assert choose_slot(taken, lambda slot: slot not in unusable) not in taken | unusable


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="an empty name is refused"),
        pytest.param("Demo", id="capitals are refused"),
        pytest.param("../up", id="a path is refused"),
        pytest.param("-a", id="a leading hyphen is refused"),
        pytest.param("a" * 33, id="more than 32 characters are refused"),
        pytest.param("a\n", id="a line break is refused"),
    ],
)
def test_bad_names(name: str) -> None:
    with pytest.raises(ClusterError, match="expected at most 32"):
        checked_name(name)


def test_a_route_that_covers_part_of_a_network_is_in_its_way() -> None:
    assert overlaps("10.64.0.0/16", ["192.0.2.0/24", "10.64.8.0/24"])
    assert not overlaps("10.64.0.0/16", ["10.65.0.0/16", "192.0.2.0/24"])

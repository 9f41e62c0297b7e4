"""Waiting lines: everybody is served, in turn, and nobody twice."""

from hypothesis import given
from hypothesis import strategies as st

from espalier.kube import Lines, Tenant

tenants = st.builds(Tenant, st.sampled_from("ab"), st.sampled_from("xyz"))


@given(st.lists(st.tuples(tenants, st.sampled_from(["join", "take", "leave"])), max_size=80))
def test_what_joined_is_taken_once_or_leaves_and_each_line_keeps_its_order(script):
    lines, waiting = Lines(), {}
    for number, (tenant, act) in enumerate(script):
        mine = waiting.setdefault(tenant, [])
        if act == "join":
            lines.join(tenant, number)
            mine.append(number)
        elif act == "leave" and mine:
            assert lines.leave(tenant, mine.pop())
            assert not lines.leave(tenant, number)
        elif act == "take":
            taken = lines.take()
            assert (taken is None) == (not any(waiting.values()))
            if taken is not None:
                assert waiting[taken[0]].pop(0) == taken[1]
        assert len(lines) == sum(len(each) for each in waiting.values())


@given(st.dictionaries(tenants, st.integers(1, 20), min_size=1))
def test_as_long_as_all_wait_none_is_served_twice_before_each_is_served_once(counts):
    lines = Lines()
    for tenant, count in counts.items():
        for number in range(count):
            lines.join(tenant, (tenant, number))
    groups = {tenant.group for tenant in counts}
    served = [lines.take()[0] for _ in range(sum(counts.values()))]
    least = {g: sum(n for t, n in counts.items() if t.group == g) for g in groups}
    for start in range(0, len(groups) * min(least.values()), len(groups)):
        assert {tenant.group for tenant in served[start : start + len(groups)]} == groups
    for group in groups:
        members = {tenant for tenant in counts if tenant.group == group}
        own = [tenant for tenant in served if tenant.group == group]
        fewest = min(counts[tenant] for tenant in members)
        for start in range(0, len(members) * fewest, len(members)):
            assert set(own[start : start + len(members)]) == members


def test_a_tenant_that_may_not_is_passed_over_and_keeps_its_place():
    lines = Lines()
    for tenant in (Tenant("a", "wide"), Tenant("b", "small")):
        lines.join(tenant, tenant)
    assert lines.take(lambda tenant: tenant.member != "wide")[1] == Tenant("b", "small")
    assert lines.take(lambda tenant: tenant.member != "wide") is None
    assert lines.take()[1] == Tenant("a", "wide")

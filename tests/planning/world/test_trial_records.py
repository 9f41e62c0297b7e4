"""Records that share what they have in common behave like a plain dict of them."""

from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.world.names import FIRST_HAND_MADE
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.trial_records import TrialRecords

NUMBERS = st.sampled_from([0, 1, 255, 256, 257, 1_000, FIRST_HAND_MADE, FIRST_HAND_MADE + 300])
RECORDS = st.builds(TrialRecord, number=NUMBERS, step=st.none() | st.integers(0, 3))
CHANGES = st.lists(st.lists(RECORDS, max_size=4), max_size=8)


@given(CHANGES)
def test_they_are_a_mapping_that_never_changes(changes):
    versions, plain = [TrialRecords()], [dict[int, TrialRecord]()]
    for records in changes:
        versions.append(versions[-1].with_these(records))
        plain.append({**plain[-1], **{record.number: record for record in records}})
    for version, expected in zip(versions, plain, strict=True):
        assert version == expected
        assert len(version) == len(expected)
        assert sorted(version) == sorted(expected)
        assert version.get(7) is None


@given(CHANGES, CHANGES)
def test_what_differs_is_told_whatever_the_two_have_in_common(before, after):
    old = TrialRecords(record for records in before for record in records)
    new = old
    for records in after:
        new = new.with_these(records)
    expected = {n for n in new.keys() | old.keys() if new.get(n) is not old.get(n)}
    assert set(new.different(old)) == set(old.different(new)) == expected
    assert set(TrialRecords(new.values()).different(new)) == set()

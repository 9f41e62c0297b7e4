"""The caches: the newest version wins, and what is gone stays gone."""

from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.cache import ObjectCache, StudyKey, labelled_key

KEY = StudyKey("n", "s")


def pod(uid, version, namespace="n", study="s"):
    labels = {"espalier.dev/study": study} if study else {}
    return {
        "metadata": {
            "uid": uid,
            "name": f"pod-{uid}",
            "namespace": namespace,
            "resourceVersion": str(version),
            "labels": labels,
        }
    }


def cache():
    return ObjectCache(labelled_key)


def test_an_object_is_replaced_only_by_a_newer_version_of_itself():
    seen = cache()
    assert seen.put(pod("a", 5)) == KEY
    assert seen.put(pod("a", 5)) is None
    assert seen.put(pod("a", 4)) is None
    assert seen.put(pod("a", 10)) == KEY
    assert seen.get("a")["metadata"]["resourceVersion"] == "10"


def test_what_was_deleted_does_not_come_back_with_a_late_event():
    seen = cache()
    seen.put(pod("a", 5))
    assert seen.drop("a", "seen deleted") == KEY
    assert seen.put(pod("a", 6)) is None
    assert list(seen.of(KEY)) == []


def test_a_list_shows_deletions_that_no_watch_has_shown():
    seen = cache()
    seen.put(pod("a", 5))
    seen.put(pod("b", 6))
    assert seen.replace([pod("b", 6)], 7).changed == {KEY}
    assert seen.get("a") is None


def test_a_list_older_than_an_object_does_not_delete_it():
    seen = cache()
    seen.put(pod("a", 9))
    assert seen.replace([], 8).changed == set()
    assert seen.get("a") is not None


def test_a_list_of_one_namespace_says_nothing_about_others():
    seen = cache()
    seen.put(pod("a", 5, namespace="other"))
    assert seen.replace([], 9, within="n").changed == set()
    assert seen.get("a") is not None


def test_an_object_whose_study_changes_moves():
    seen = cache()
    seen.put(pod("a", 1))
    seen.put(pod("a", 2, study="t"))
    assert list(seen.of(KEY)) == []
    assert len(list(seen.of(StudyKey("n", "t")))) == 1


@given(st.permutations([("put", 1), ("put", 2), ("put", 3), ("drop", 0)]))
def test_the_order_of_events_does_not_bring_a_deleted_object_back(events):
    seen = cache()
    for what, version in events:
        if what == "put":
            seen.put(pod("a", version))
        else:
            seen.drop("a", "seen deleted")
    assert seen.get("a") is None

"""The caches: the newest version wins, and what is gone stays gone."""

from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.control.cache import ObjectCache, StudyKey, labelled_key

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
    assert seen.drop("a", "seen deleted", 7) == KEY
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
            seen.drop("a", "seen deleted", 3)
    assert seen.get("a") is None


def contradicted(known, listed, version, gone=()):
    """Whether a list contradicts what was known when it was asked for."""
    seen = cache()
    for obj in known:
        seen.put(obj)
    for uid in gone:
        seen.drop(uid, "seen deleted")
    return seen.contradicts(listed, version, seen.moment())


def test_a_list_that_is_older_than_what_was_known_shows_that_the_cluster_went_back():
    assert contradicted([pod("a", 9)], [], 8)
    assert not contradicted([pod("a", 9)], [], 9)


def test_so_does_one_that_holds_what_was_gone_or_as_it_was_before_it_changed():
    assert contradicted([pod("a", 9)], [pod("a", 9)], 12, gone=["a"])
    assert contradicted([pod("a", 9)], [pod("a", 7)], 12)
    assert not contradicted([pod("a", 9)], [pod("a", 9)], 12)


def test_what_happens_while_a_list_is_read_contradicts_nothing():
    seen = cache()
    seen.put(pod("a", 5))
    seen.put(pod("b", 6))
    asked = seen.moment()
    seen.put(pod("a", 20))
    seen.drop("b", "seen deleted")
    assert not seen.contradicts([pod("a", 5), pod("b", 6)], 7, asked)


def test_what_a_restored_cluster_holds_is_taken_as_it_is():
    seen = cache()
    seen.put(pod("a", 9))
    seen.put(pod("b", 10))
    seen.drop("c", "seen deleted")
    changed, gone = seen.restore([pod("a", 3), pod("c", 2)], 4, None, seen.moment())
    assert changed == {KEY}
    assert [obj["metadata"]["uid"] for obj in gone] == ["b"]
    assert seen.get("a")["metadata"]["resourceVersion"] == "3"
    assert seen.get("c") is not None
    assert seen.put(pod("a", 5)) == KEY


def test_what_is_asked_for_and_found_is_there_whatever_seemed():
    seen = cache()
    seen.put(pod("a", 5))
    seen.drop("a", "lost its label", 6)
    assert seen.put(pod("a", 6)) is None
    assert seen.find(pod("a", 6)) == KEY


def test_what_came_since_a_restored_cluster_was_asked_is_kept():
    seen = cache()
    seen.put(pod("a", 9))
    asked = seen.moment()
    seen.put(pod("new", 5))
    seen.drop("old", "seen deleted")
    assert [
        obj["metadata"]["uid"] for obj in seen.restore([pod("old", 3)], 4, None, asked).gone
    ] == ["a"]
    assert seen.get("new") is not None
    assert seen.get("old") is None


def test_what_lost_its_label_and_got_it_back_is_there_again_and_no_sign_of_a_restore():
    seen = cache()
    seen.put(pod("a", 5))
    seen.drop("a", "seen deleted", 6)
    assert seen.put(pod("a", 6)) is None
    assert seen.put(pod("a", 7)) == KEY
    seen.drop("a", "seen deleted", 8)
    assert not seen.contradicts([pod("a", 9)], 9, seen.moment())
    assert seen.replace([pod("a", 9)], 9).changed == {KEY}
    assert seen.get("a") is not None

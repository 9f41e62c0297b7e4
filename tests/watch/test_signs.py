"""When a watch last showed that it lives."""

import pytest

from espalier.kube import POD, STUDY, TRIAL, watched
from espalier.planning.workload.job import JOB
from espalier.watch.signs import Signs, paths_of

KINDS = [each.kind for each in watched()]


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize("namespace", [None, "team-a"])
def test_a_watch_is_known_by_the_path_it_is_opened_at(namespace):
    paths = paths_of(KINDS, [namespace])
    for kind in (STUDY, TRIAL, JOB, POD):
        assert paths[kind.path(namespace)] == (kind.plural, namespace)
    assert len(paths) == 4


def test_the_most_silent_of_a_kinds_watches_counts():
    clock = Clock()
    signs = Signs(paths_of(KINDS, ["a", "b"]), clock)
    clock.now += 50
    assert signs.ages() == dict.fromkeys(("studies", "trials", "jobs", "pods"), 50.0)
    signs.heard(("jobs", "a"))
    clock.now += 1
    assert signs.ages()["jobs"] == 51.0
    signs.opened(JOB.path("b"))
    assert signs.ages()["jobs"] == 1.0
    assert signs.ages()["pods"] == 51.0


def test_what_is_no_watch_of_ours_is_no_sign():
    clock = Clock()
    signs = Signs(paths_of(KINDS, [None]), clock)
    clock.now += 5
    signs.opened("/api/v1/namespaces")
    signs.heard(("secrets", None))
    assert set(signs.ages().values()) == {5.0}


def test_a_watch_that_begins_with_a_list_says_so_once_and_one_that_goes_on_does_not():
    begun = []
    signs = Signs(paths_of(KINDS, [None]), on_begun=lambda: begun.append("begun"))
    signs.opened(JOB.path(None))
    assert begun == [], "it goes on from what it had seen"
    signs.listed(JOB.path(None))
    signs.listed(JOB.path(None))  # the next page
    signs.listed("/api/v1/namespaces")
    signs.opened(POD.path(None))
    assert begun == [], "the list is of another kind, or the watch is not open yet"
    signs.opened(JOB.path(None))
    signs.opened(JOB.path(None))
    assert begun == ["begun"]

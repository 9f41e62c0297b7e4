"""What a snapshot is made of where objects are not as they should be."""

from espalier.engine.control.cache import StudyKey
from espalier.engine.control.world import World
from espalier.planning.world.record import StudyRecord
from tests.planning.worlds import SETTINGS, UID, spec_dict

KEY = StudyKey("n", "s")


def study(version, **changes):
    """Return a Study object at a version, which is its generation too."""
    meta = {"name": "s", "namespace": "n", "uid": UID, "resourceVersion": str(version)}
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {**meta, "generation": version},
        "spec": spec_dict(**changes),
    }


def seen(world):
    """Return the Study as the next plan sees it."""
    return world.snapshot(KEY, world.study(KEY), StudyRecord(UID)).study


def test_a_spec_that_cannot_be_read_leaves_the_last_one_that_could():
    world = World(SETTINGS)
    world.is_there("studies", study(1))
    good = seen(world)
    assert good.error is None
    world.is_there("studies", study(2, template={"spec": {"containers": "x"}}))
    changed = seen(world)
    assert changed.spec == good.spec
    assert "spec.template.spec.containers" in changed.error
    world.is_there("studies", study(3, trials={"max": 9}))
    mended = seen(world)
    assert (mended.error, mended.spec.trials.max) == (None, 9)


def test_a_spec_that_never_could_be_read_is_none():
    world = World(SETTINGS)
    world.is_there("studies", study(1, template={"spec": {}}))
    assert seen(world).spec is None
    assert seen(world).error


def test_the_last_good_spec_goes_with_its_study():
    world = World(SETTINGS)
    world.is_there("studies", study(1))
    seen(world)
    world.forget_study(UID)
    assert len(world.specs) == 0


def test_what_a_study_means_is_worked_out_once_also_where_its_newest_spec_cannot_be_read():
    world = World(SETTINGS)
    world.is_there("studies", study(1))
    seen(world)
    world.is_there("studies", study(2, template={"spec": {"containers": "x"}}))
    first = look(world)
    assert look(world) is first


def look(world):
    """Take in what has changed of the Study, then return what the next plan takes it to mean."""
    obj, record = world.study(KEY), StudyRecord(UID)
    assert world.catch_up(KEY, obj, record, 100)
    return world.snapshot(KEY, obj, record).blueprint

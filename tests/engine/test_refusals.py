"""What is kept of the API server's refusals of a Job."""

from typing import Any

import pytest

from espalier.engine.apply import FORBIDDEN_AGAIN, Applier
from espalier.engine.world import World
from espalier.errors import RetryLater
from espalier.kube import Refused
from espalier.planning.snapshot import TemplateVerdict
from tests.planning.worlds import NOW, UID, study

NOTHING: Any = None


def verdict_on(error):
    world = World()
    Applier(NOTHING, NOTHING, world, lambda: NOW)._refuse(study(), error)
    return world.verdicts[UID]


def test_a_job_that_is_invalid_stays_refused_until_the_study_changes():
    said = verdict_on(Refused('Job "s-0" is invalid: spec.x: no such thing', code=422))
    assert said == TemplateVerdict(1, False, "spec.x: no such thing; correct it in the Study")


def test_a_job_that_is_forbidden_is_tried_again_later():
    said = verdict_on(Refused("jobs is forbidden: no Role", code=403))
    assert (said.accepted, said.until) == (False, NOW + FORBIDDEN_AGAIN)
    assert said.message.startswith("jobs is forbidden: no Role; allow it")


def test_a_quota_says_nothing_about_the_template():
    with pytest.raises(RetryLater):
        verdict_on(Refused("exceeded quota: gpus", code=403))

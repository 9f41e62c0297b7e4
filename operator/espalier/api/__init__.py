"""The Study, Trial and PrunerProfile resources: models, conditions, CRDs. Pure."""

from __future__ import annotations

from espalier.api.base import API_VERSION, GROUP, VERSION
from espalier.api.checks.space import check_values
from espalier.api.checks.template import trainer_of
from espalier.api.parameters import space_of
from espalier.api.parse import (
    parse_collector,
    parse_profile,
    parse_recorded_spec,
    parse_resources,
    parse_study,
    parse_trial,
)
from espalier.api.profile import PrunerProfile
from espalier.api.resources import ResourcesSpec
from espalier.api.study import Study, StudySpec
from espalier.api.trial import Trial, TrialSpec

__all__ = [
    "API_VERSION",
    "GROUP",
    "VERSION",
    "PrunerProfile",
    "ResourcesSpec",
    "Study",
    "StudySpec",
    "Trial",
    "TrialSpec",
    "check_values",
    "parse_collector",
    "parse_profile",
    "parse_recorded_spec",
    "parse_resources",
    "parse_study",
    "parse_trial",
    "space_of",
    "trainer_of",
]

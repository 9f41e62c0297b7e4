"""What a Trial must be before it runs its Study's template, whoever made it.

Admission checks the same where it can. It is repeated here because a policy can be absent, older
than the operator, or late: one that reads Studies sees a new one a moment after it is there.
"""

from __future__ import annotations

from espalier.api import check_values
from espalier.errors import SpecError
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.snapshot import StudyView, TrialView

SETTLED = 10.0
"""Seconds after which admission is sure to know a Study (measured under load: up to 1 s)."""


def check_trial(trial: TrialView, study: StudyView, blueprint: Blueprint) -> None:
    """Check that a Trial may run as its Study's template says.

    Raises
    ------
    SpecError
        If its parameters are not of the Study's space, whatever it claims to be; or if it was made
        by hand too early for anybody to have asked whether its author may use the service account
        that the template names.
    """
    assert blueprint.spec is not None
    check_values(blueprint.space, trial.parameters)
    pod = blueprint.spec.template["spec"]
    accounts = {pod.get("serviceAccountName"), pod.get("serviceAccount")} - {None, "", "default"}
    if accounts and not trial.sampled and trial.created_at < study.created_at + SETTLED:
        raise SpecError(
            "metadata.creationTimestamp",
            f"expected a Trial that was made at least {SETTLED:.0f} s after its Study, since the "
            f"template names service account {min(accounts)} and the right to use it is asked when "
            "the Trial is made, got an older one; create it again under another name",
        )

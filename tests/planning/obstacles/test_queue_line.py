"""What is done about a trial while a queue holds its Job back."""

from dataclasses import replace

import pytest

from espalier.planning import effects
from espalier.planning.obstacles.queue_words import no_workload
from espalier.planning.workload.job import JOB as KIND
from espalier.planning.world.record import AttemptRecord, TrialRecord
from espalier.planning.world.snapshot import Cause
from espalier.planning.world.status_words import condition_of
from tests.planning.worlds import (
    NOW,
    SETTINGS,
    job,
    merged,
    of_type,
    planned,
    pod,
    record,
    snapshot,
    study,
    trial,
)

QUEUED = job(0, suspended=True, queue="team", created_at=NOW - 600)
IN_LINE = Cause("Pending", "insufficient unused quota, 1 more needed", "Kueue")
EVICTED = Cause("Preempted", "Preempted to accommodate a workload", "Kueue")
RAN = TrialRecord(0, attempt=1)
SAID_RUNNING = {"conditions": [{"type": "Started", "status": "True", "reason": "TrainerRunning"}]}


def one(*jobs, asked=None, cause=None, view=None, record_=None, study_=None):
    """Return a study with one trial, whose queue was asked so many seconds ago."""
    return snapshot(
        study_ or study(trials={"max": 1, "parallelism": 1}),
        trials=(view or trial(0),),
        jobs=jobs or (QUEUED,),
        record=record(*([record_] if record_ else [])),
        asked={} if asked is None else {"j0": asked},
        causes={} if cause is None else {"j0": cause},
        sampled=1,
    )


def asks(snap):
    return of_type(planned(snap), effects.AskWhy)


def events_of_trials(snap):
    return [each for each in of_type(planned(snap), effects.EmitEvent) if each.kind == "Trial"]


def started(snap):
    (write,) = of_type(planned(snap), effects.WriteTrialStatus)
    return condition_of(merged(snap.trials[0].status, write.status), "Started")


def test_a_queue_is_asked_before_anything_is_said_about_its_job():
    found = planned(one())
    assert of_type(found, effects.AskWhy) == [effects.AskWhy("jobs", "s-0", "j0", "team")]
    assert of_type(found, effects.WriteTrialStatus) == []


AGES = {
    "a young Job is asked about soon again": (2.0, 1.5, True),
    "and not at once": (2.0, 0.5, False),
    "an old one is asked about now and then": (600.0, SETTINGS.ask_again + 1, True),
    "and not before": (600.0, SETTINGS.ask_again - 1, False),
}


@pytest.mark.parametrize(("age", "since", "again"), AGES.values(), ids=AGES)
def test_it_is_asked_again_the_less_often_the_older_the_job(age, since, again):
    young = replace(QUEUED, created_at=NOW - age)
    snap = one(young, asked=since, cause=IN_LINE)
    assert bool(asks(snap)) is again
    due = [each.at for each in of_type(planned(snap), effects.Wake)]
    assert again or any(NOW < at <= NOW + SETTINGS.ask_again for at in due)


def test_a_long_line_of_one_study_is_no_more_than_two_questions_a_second():
    count = 1000
    wide = study(trials={"max": count, "parallelism": count})
    numbers = range(count)
    snap = snapshot(
        wide,
        trials=tuple(trial(n) for n in numbers),
        jobs=tuple(replace(QUEUED, uid=f"j{n}", name=f"s-{n}", trial_uid=f"t{n}", number=n)
                   for n in numbers),
        asked={f"j{n}": count / 2 - 1 for n in numbers},
        causes={f"j{n}": IN_LINE for n in numbers},
        sampled=count,
    )  # fmt: skip
    assert asks(snap) == []


NOBODY_TO_ASK = {
    "a Job that runs": job(0, queue="team"),
    "a Job of no queue": job(0, suspended=True),
    "a Job that the study suspended": replace(QUEUED, suspended_by_us=True),
}


@pytest.mark.parametrize("made", NOBODY_TO_ASK.values(), ids=NOBODY_TO_ASK)
def test_no_queue_is_asked_about(made):
    assert [each for each in asks(one(made)) if each.queue] == []


def test_the_trial_says_what_the_queue_says():
    said = started(one(asked=1.0, cause=IN_LINE))
    assert said["reason"] == "HeldByQueue"
    assert "queue team holds the Job back" in said["message"]
    assert "1 more needed" in said["message"]


def test_a_trial_that_is_taken_out_has_one_event_about_it():
    view = trial(0, status=SAID_RUNNING)
    snap = one(asked=1.0, cause=EVICTED, view=view, record_=RAN)
    (event,) = events_of_trials(snap)
    assert (event.name, event.reason) == ("s-0", "Preempted")
    assert event.warning is False
    (write,) = of_type(planned(snap), effects.WriteTrialStatus)
    told = trial(0, status=merged(view.status, write.status))
    assert events_of_trials(replace(snap, trials=(told,))) == []


def test_a_trial_whose_pod_still_runs_tells_of_its_eviction_when_that_is_gone():
    view = trial(0, status=SAID_RUNNING)
    snap = one(asked=1.0, cause=EVICTED, view=view, record_=RAN)
    assert events_of_trials(replace(snap, pods=(pod(0, deleting=True),))) == []
    assert len(events_of_trials(snap)) == 1


def test_a_trial_that_has_never_run_was_not_taken_out():
    assert events_of_trials(one(asked=1.0, cause=IN_LINE)) == []


SUSPENSIONS = {
    "one that runs": (job(0, queue="team"), True, True),
    "one that waits in line": (QUEUED, True, True),
    "one that is held already": (replace(QUEUED, suspended_by_us=True), True, None),
    "one of a resumed study": (replace(QUEUED, suspended_by_us=True), False, False),
    "one of a resumed study that waits by itself": (QUEUED, False, None),
    "one that the queue still has to suspend": (
        job(0, queue="team", suspended_by_us=True),
        True,
        None,
    ),
}


@pytest.mark.parametrize(("made", "suspend", "wanted"), SUSPENSIONS.values(), ids=SUSPENSIONS)
def test_the_queue_is_told_to_hold_a_suspended_studys_jobs(made, suspend, wanted):
    whole = study(suspend=suspend, trials={"max": 1, "parallelism": 1})
    found = planned(one(made, asked=1.0, cause=IN_LINE, study_=whole))
    expected = (
        []
        if wanted is None
        else [effects.SuspendWorkload("s-0", "j0", wanted, KIND, by_queue=True)]
    )
    assert of_type(found, effects.SuspendWorkload) == expected


def test_a_suspended_study_says_how_many_trials_still_have_pods():
    whole = study(suspend=True, trials={"max": 1, "parallelism": 1})
    made = job(0, queue="team", suspended_by_us=True)
    for pods, words in (((pod(0),), "1 still has a pod"), ((), "no trial runs")):
        snap = replace(one(made, study_=whole), pods=pods)
        (write,) = of_type(planned(snap), effects.WriteStudyStatus)
        assert words in condition_of(write.status, "Progressing")["message"]


def test_a_queue_that_has_not_taken_a_job_up_is_given_its_time():
    snap = one(asked=1.0, cause=no_workload("Job s-0"))
    young = replace(snap, idle={"t0": 1.0})
    (write,) = of_type(planned(young), effects.WriteStudyStatus)
    assert condition_of(write.status, "Degraded")["status"] == "False"


def test_a_trial_that_was_taken_out_says_in_one_word_that_its_queue_holds_it():
    seen = AttemptRecord(1, "p0", pod="s-0-x", job_uid="j0", suspended=True, over=True)
    taken = replace(RAN, attempts=(seen,))
    (write,) = of_type(
        planned(one(asked=1.0, cause=EVICTED, record_=taken)), effects.WriteTrialStatus
    )
    assert write.status["reason"] == "HeldByQueue"
    assert condition_of(write.status, "Finished")["reason"] == "Retrying"

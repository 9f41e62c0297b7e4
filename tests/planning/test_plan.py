"""What is planned for a study as a whole, case by case."""

from dataclasses import replace

import pytest

from espalier.planning import effects
from espalier.planning.workload.building import build_workload
from espalier.planning.workload.job import JOB, Job
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.names import FIRST_HAND_MADE
from espalier.planning.world.record import End, TrialRecord
from espalier.planning.world.snapshot import StudyView, TemplateVerdict
from espalier.planning.world.workload_view import Finished
from espalier.pruning import Leader, TrialState
from tests.planning.worlds import (
    NOW,
    SETTINGS,
    TEMPLATE,
    UID,
    ended,
    job,
    of_type,
    over,
    planned,
    pod,
    prune_decision,
    record,
    snapshot,
    spec_dict,
    study,
    study_condition,
    trial,
)

CORRECTED = {"spec": {"containers": [{"name": "trainer", "image": "another"}]}}


def done(number, reason="Completed", state=TrialState.COMPLETED, *, at=NOW - 100, **r):
    """Return the record of a trial that has ended."""
    end = End(reason, f"trial {number} said so", state, at, template=TEMPLATE)
    return TrialRecord(number, attempt=1, end=end, **r)


def failed(number, reason="TrainerFailed", **more):
    """Return the record of a trial that failed."""
    return done(number, reason, TrialState.FAILED, **more)


def created(found):
    return [effect.number for effect in of_type(found, effects.CreateTrial)]


def started(found):
    return [effect.number for effect in of_type(found, effects.CreateWorkload)]


def test_a_new_study_has_its_template_checked_before_anything_else():
    snap = snapshot(study(), template=None)
    found = planned(snap)
    (check,) = of_type(found, effects.CheckTemplate)
    assert check.probe["kind"] == "Job"
    assert created(found) == started(found) == []
    assert study_condition(found, "Accepted")["status"] == "Unknown"


def test_a_restarted_operator_believes_the_condition_of_the_same_generation():
    said = {
        "conditions": [
            {"type": "Accepted", "status": "True", "observedGeneration": 1, "reason": "x"}
        ]
    }
    assert created(planned(snapshot(study(status=said), template=None))) == [0, 1]
    changed = study(status=said, generation=2)
    assert of_type(planned(snapshot(changed, template=None)), effects.CheckTemplate)


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({"trials": {"parallelism": 1}}, False),
        ({"pruning": {"paused": True}}, False),
        ({"template": spec_dict()["template"]}, False),
        ({"template": {"spec": {"containers": [{"name": "trainer", "image": "other"}]}}}, True),
        ({"collector": {"type": "File", "file": {"path": "/espalier/x"}}}, True),
    ],
    ids=["scaled", "braked", "the same template", "another image", "another collector"],
)
def test_a_changed_study_is_checked_again_if_its_jobs_change(change, asked):
    [check] = of_type(planned(snapshot(study(), template=None)), effects.CheckTemplate)
    known = TemplateVerdict(1, True, probe=fingerprint(check.probe))
    found = planned(snapshot(study(generation=2, **change), template=known))
    assert bool(of_type(found, effects.CheckTemplate)) == asked
    expected = "Unknown" if asked else "True"
    assert study_condition(found, "Accepted")["status"] == expected


def test_a_refused_template_starts_nothing_and_says_why():
    found = planned(snapshot(study(), template=TemplateVerdict(1, False, "spec.x: no such thing")))
    assert created(found) == []
    condition = study_condition(found, "Accepted")
    assert (condition["status"], condition["reason"]) == ("False", "TemplateRefused")
    assert "spec.x: no such thing" in condition["message"]


def test_a_template_that_is_refused_for_a_time_is_checked_again_when_that_is_over():
    said = TemplateVerdict(1, False, "forbidden: no Role", until=NOW + 60)
    snap = snapshot(study(), template=said)
    found = planned(snap)
    assert effects.Wake(NOW + 60) in found
    assert not of_type(found, effects.CheckTemplate, effects.CreateTrial)
    assert study_condition(found, "Accepted")["message"] == "forbidden: no Role"
    found = planned(snap, NOW + 60)
    assert of_type(found, effects.CheckTemplate)
    assert study_condition(found, "Accepted")["message"] == "forbidden: no Role"


def test_a_study_that_cannot_be_read_says_so_and_does_nothing_else():
    broken = StudyView(UID, "n", "s", 1, False, None, error="spec.pruner: expected one, got none")
    found = planned(snapshot(broken))
    assert [type(effect) for effect in found] == [effects.WriteStudyStatus, effects.EmitEvent]
    assert study_condition(found, "Accepted")["message"] == "spec.pruner: expected one, got none"


@pytest.mark.parametrize("field", ["hostNetwork", "hostPID", "hostIPC"])
def test_a_template_that_reaches_for_the_node_is_refused_by_its_field(field):
    template = {"spec": {"containers": [{"name": "trainer", "image": "x"}], field: True}}
    found = planned(snapshot(study(template=template), template=None))
    condition = study_condition(found, "Accepted")
    assert condition["reason"] == "SpecRefused"
    assert f"spec.template.spec.{field}" in condition["message"]
    assert of_type(found, effects.CheckTemplate) == []


def test_trials_are_created_up_to_parallelism_and_get_their_jobs_afterwards():
    assert created(planned(snapshot(study()))) == [0, 1]
    found = planned(snapshot(study(), trials=(trial(0), trial(1))))
    assert created(found) == []
    assert started(found) == [0, 1]


def test_a_trial_says_in_the_same_lane_that_its_job_was_created():
    found = planned(snapshot(study(), trials=(trial(0),)))
    place = next(i for i, effect in enumerate(found) if isinstance(effect, effects.CreateWorkload))
    note = found[place + 1]
    assert isinstance(note, effects.WriteTrialStatus)
    assert note.status["conditions"][0]["reason"] == "JobCreated"


SLOTS = {
    "running trials hold their slots": ({"jobs": (job(0), job(1)), "pods": (pod(0), pod(1))}, 0),
    "a Job without a pod yet holds its slot": ({"jobs": (job(0), job(1)), "pods": (pod(0),)}, 0),
    "a pod that has succeeded frees its slot before its Job says so": (
        {"jobs": (job(0), job(1)), "pods": (over(0), pod(1))},
        1,
    ),
    "a failed pod holds its slot while the Job may replace it": (
        {"jobs": (job(0), job(1)), "pods": (over(0, ended(code=1), phase="Failed"), pod(1))},
        0,
    ),
    "a pruned trial holds its slot until its pod is gone": (
        {
            "jobs": (job(1),),
            "pods": (pod(0, deleting=True), pod(1)),
            "record": record(TrialRecord(0, attempt=1, prune=prune_decision(0))),
        },
        0,
    ),
    "a pruned trial whose pod is gone has given its slot back": (
        {
            "jobs": (job(1),),
            "pods": (pod(1),),
            "record": record(TrialRecord(0, attempt=1, prune=prune_decision(0))),
        },
        1,
    ),
    "a suspended Job that is to be resumed holds its slot": (
        {"jobs": (job(0, suspended=True), job(1)), "pods": (pod(1),)},
        0,
    ),
}


@pytest.mark.parametrize("case", SLOTS, ids=list(SLOTS))
def test_slots(case):
    world, free = SLOTS[case]
    found = planned(snapshot(study(), trials=(trial(0), trial(1)), **world))
    assert len(created(found)) == free


def test_scaling_down_ends_nothing_and_scaling_up_starts_at_once():
    world = {"trials": (trial(0), trial(1)), "jobs": (job(0), job(1)), "pods": (pod(0), pod(1))}
    smaller = planned(snapshot(study(trials={"parallelism": 1}), **world))
    assert of_type(smaller, effects.DeleteWorkload, effects.RecordEnd, effects.CreateTrial) == []
    larger = planned(snapshot(study(trials={"parallelism": 4}), **world))
    assert created(larger) == [2, 3]


def test_a_suspended_study_suspends_its_jobs_and_starts_nothing():
    found = planned(
        snapshot(study(suspend=True), trials=(trial(0), trial(1)), jobs=(job(0),), pods=(pod(0),))
    )
    assert of_type(found, effects.SuspendWorkload) == [
        effects.SuspendWorkload("s-0", "j0", True, JOB)
    ]
    assert created(found) == started(found) == []
    assert study_condition(found, "Progressing")["reason"] == "Suspended"


def test_a_resumed_study_resumes_only_the_jobs_that_it_suspended():
    ours = job(0, suspended=True, suspended_by_us=True)
    found = planned(
        snapshot(study(), trials=(trial(0), trial(1)), jobs=(ours, job(1, suspended=True)))
    )
    assert of_type(found, effects.SuspendWorkload) == [
        effects.SuspendWorkload("s-0", "j0", False, JOB)
    ]


def test_the_queue_that_owns_a_job_is_told_to_suspend_it():
    queued = job(0, queue="team")
    found = planned(snapshot(study(suspend=True), trials=(trial(0),), jobs=(queued,)))
    assert of_type(found, effects.SuspendWorkload) == [
        effects.SuspendWorkload("s-0", queued.uid, True, JOB, by_queue=True)
    ]


def test_a_study_succeeds_when_all_its_trials_have_ended_and_names_the_best():
    records = [done(n, latest=0.1 * n, step=3, best=0.9) for n in range(4)]
    found = planned(
        snapshot(
            study(),
            record=record(*records, best=3),
            trials=tuple(trial(n) for n in range(4)),
            jobs=tuple(job(n, complete=True) for n in range(4)),
        )
    )
    assert study_condition(found, "Succeeded")["status"] == "True"
    (write,) = of_type(found, effects.WriteStudyStatus)
    assert write.status["best"] == {
        "number": 3,
        "trial": "s-3",
        "value": pytest.approx(0.3),
        "step": 3,
        "parameters": {"lr": 0.1},
    }
    assert write.status["completionTime"]


def test_a_study_whose_best_trial_noise_does_not_tell_from_others_says_so():
    leaders = (Leader(2, 0.2, 0.25, 0.2, 0.3, 0.6), Leader(3, 0.3, 0.24, 0.2, 0.29))
    records = [done(n, latest=0.1 * n if n < 3 else 0.3, step=3) for n in range(4)]
    known = replace(record(*records, best=3), leaders=leaders)
    found = planned(
        snapshot(
            study(),
            record=known,
            trials=tuple(trial(n) for n in range(4)),
            jobs=tuple(job(n, complete=True) for n in range(4)),
        )
    )
    (write,) = of_type(found, effects.WriteStudyStatus)
    best = write.status["best"]
    assert (best["number"], best["value"], best["expected"]) == (2, 0.2, 0.25)
    assert best["lastBest"] == {"number": 3, "value": 0.3}
    message = study_condition(found, "Succeeded")["message"]
    assert "The best, trial 2, cannot be told from 1 other by values this noisy" in message


def test_the_target_is_compared_with_the_last_values():
    leaders = (Leader(0, 0.8, 0.85, 0.8, 0.9, 0.6), Leader(1, 0.95, 0.84, 0.8, 0.9))
    known = replace(record(done(0, latest=0.8), done(1, latest=0.95), best=1), leaders=leaders)
    objective = {"metric": "accuracy", "direction": "Maximize", "target": 0.9}
    found = planned(
        snapshot(
            study(objective=objective),
            record=known,
            trials=(trial(0), trial(1)),
            jobs=(job(0, complete=True), job(1, complete=True)),
        )
    )
    assert study_condition(found, "Succeeded")["reason"] == "TargetReached"


def test_a_study_is_not_over_while_a_pod_of_it_is_left():
    records = [done(n) for n in range(4)]
    found = planned(
        snapshot(
            study(),
            record=record(*records),
            trials=tuple(trial(n) for n in range(4)),
            pods=(pod(3, deleting=True),),
        )
    )
    assert study_condition(found, "Succeeded")["status"] == "Unknown"


def test_a_study_of_which_no_trial_completed_has_failed():
    records = [done(n, "Pruned", TrialState.PRUNED) for n in range(4)]
    trials = tuple(trial(n) for n in range(4))
    found = planned(snapshot(study(), record=record(*records), trials=trials))
    condition = study_condition(found, "Succeeded")
    assert (condition["status"], condition["reason"]) == ("False", "NoTrialCompleted")


def test_too_many_failures_end_the_running_trials_and_the_study():
    world = {
        "trials": tuple(trial(n) for n in range(4)),
        "jobs": (job(3),),
        "pods": (pod(3),),
        "record": record(failed(0), failed(1), failed(2), TrialRecord(3, attempt=1)),
    }
    found = planned(snapshot(study(), **world))
    (end,) = of_type(found, effects.RecordEnd)
    assert (end.number, end.end.reason) == (3, "StudyEnded")
    assert "spec.trials.maxFailed is 3" in end.end.message
    tolerant = planned(snapshot(study(trials={"maxFailed": 4}), **world))
    assert of_type(tolerant, effects.RecordEnd) == []


@pytest.mark.parametrize("reason", ["DeletedByUser", "Evicted", "StudyEnded", "NodeLost"])
def test_what_is_not_a_trials_own_fault_does_not_count_as_its_failure(reason):
    records = [failed(n, reason) for n in range(3)]
    found = planned(
        snapshot(study(), record=record(*records), trials=tuple(trial(n) for n in range(3)))
    )
    assert created(found) == [3]


@pytest.mark.parametrize(
    ("direction", "target", "reached"),
    [
        ("Maximize", 0.9, True),
        ("Maximize", 0.91, False),
        ("Minimize", 0.9, True),
        ("Minimize", 0.89, False),
    ],
)
def test_a_completed_trial_that_reaches_the_target_ends_the_study(direction, target, reached):
    objective = {"metric": "accuracy", "direction": direction, "target": target}
    found = planned(
        snapshot(
            study(objective=objective),
            record=record(done(0, latest=0.9, best=0.9), TrialRecord(1, attempt=1), best=0),
            trials=(trial(0), trial(1)),
            jobs=(job(0, complete=True), job(1)),
            pods=(pod(1),),
        )
    )
    ends = of_type(found, effects.RecordEnd)
    assert [end.end.reason for end in ends] == (["StudyEnded"] if reached else [])


def stopped(*records, **more):
    """Plan a study that is stopped while trial 1 runs and trial 2 waits for its Job."""
    return planned(
        snapshot(
            study(stop=True, **more),
            record=record(*records, TrialRecord(1, attempt=1), best=0 if records else None),
            trials=(*(trial(each.number) for each in records), trial(1), trial(2)),
            jobs=(job(1),),
            pods=(pod(1),),
        )
    )


@pytest.mark.parametrize("finalists", [None, {"count": 1, "repeats": 2}])
def test_a_study_that_is_stopped_starts_nothing_and_ends_what_runs_or_waits(finalists):
    found = stopped(done(0), finalists=finalists)
    ends = of_type(found, effects.RecordEnd)
    assert [(each.number, each.end.reason) for each in ends] == [
        (1, "StudyStopped"),
        (2, "StudyStopped"),
    ]
    assert created(found) == []
    assert of_type(found, effects.CreateWorkload) == []
    events = of_type(found, effects.EmitEvent)
    assert not any(each.warning for each in events if each.reason == "StudyStopped")


@pytest.mark.parametrize("finalists", [None, {"count": 1, "repeats": 2}])
def test_a_stopped_study_has_succeeded_where_a_trial_had_completed(finalists):
    records = (done(0, latest=0.7), done(1, "StudyStopped", TrialState.FAILED))
    trials = tuple(trial(n) for n in range(2))
    over = snapshot(
        study(stop=True, finalists=finalists), record=record(*records, best=0), trials=trials
    )
    condition = study_condition(planned(over), "Succeeded")
    assert (condition["status"], condition["reason"]) == ("True", "Stopped")
    assert condition["message"].startswith("spec.stop ended the study after 2 of 4 trials")
    none = snapshot(study(stop=True), record=record(records[1]), trials=trials[1:])
    condition = study_condition(planned(none), "Succeeded")
    assert (condition["status"], condition["reason"]) == ("False", "NoTrialCompleted")
    assert "set it to false to go on" in condition["message"]


def test_a_study_that_is_stopped_no_more_makes_the_trials_that_are_left():
    records = (done(0), done(1, "StudyStopped", TrialState.FAILED))
    trials = tuple(trial(n) for n in range(2))
    found = planned(snapshot(study(), record=record(*records, best=0), trials=trials))
    assert created(found) == [2, 3]


def test_a_trial_that_a_person_prunes_before_it_has_a_job_ends_without_one():
    gone = replace(TrialRecord(0), prune=prune_decision(0))
    world = {"record": record(gone), "trials": (trial(0),)}
    found = planned(snapshot(study(), **world))
    assert [each.name for each in of_type(found, effects.LookFor)] == ["s-0"]
    assert of_type(found, effects.CreateWorkload) == []
    found = planned(snapshot(study(), **world, absent={("jobs", "s-0"): "GET says so"}))
    (end,) = of_type(found, effects.RecordEnd)
    assert (end.number, end.end.reason) == (0, "Pruned")
    assert of_type(found, effects.CreateWorkload) == []


def test_a_grid_ends_when_it_is_exhausted():
    values = {"categorical": {"values": ["a", "b"]}}
    grid = study(parameters=[{"name": "x", **values}], sampler={"type": "Grid"})
    assert created(planned(snapshot(grid))) == [0, 1]
    found = planned(snapshot(grid, record=record(done(0), done(1)), trials=(trial(0), trial(1))))
    assert created(found) == []
    assert study_condition(found, "Succeeded")["reason"] == "GridExhausted"


def test_a_fault_of_the_template_holds_new_trials_back_and_names_the_remedy():
    fault = failed(0, "ImagePullFailed", at=NOW - 10)
    found = planned(snapshot(study(), record=record(fault), trials=(trial(0),)))
    assert created(found) == []
    assert effects.Wake(NOW + 50) in found
    condition = study_condition(found, "Degraded")
    assert (condition["status"], condition["reason"]) == ("True", "ImagePullFailing")


def test_after_a_while_one_trial_tries_whether_the_template_works_now():
    fault = failed(0, "ImagePullFailed", at=NOW - 61)
    found = planned(snapshot(study(), record=record(fault), trials=(trial(0),)))
    assert created(found) == [1]


def test_a_corrected_template_is_tried_at_once_and_the_lost_trials_are_made_up_for():
    faults = [failed(n, "ImagePullFailed", at=NOW - 1) for n in range(4)]
    trials = tuple(trial(n) for n in range(4))
    corrected = study(generation=2, template=CORRECTED)
    found = planned(snapshot(corrected, record=record(*faults), trials=trials))
    assert created(found) == [4, 5]
    assert study_condition(found, "Succeeded")["status"] == "Unknown"


@pytest.mark.parametrize("change", [{"parallelism": 3}, {"maxFailed": 4}], ids=str)
def test_a_study_that_is_over_stays_over_when_all_but_its_template_changes(change):
    faults = [failed(n, "ImagePullFailed") for n in range(4)]
    trials = tuple(trial(n) for n in range(4))
    scaled = study(generation=2, trials={"maxFailed": 9, **change})
    found = planned(snapshot(scaled, record=record(*faults), trials=trials))
    assert created(found) == []
    assert study_condition(found, "Succeeded")["status"] == "False"


def test_a_trials_end_keeps_which_template_its_job_was_made_from():
    made = build_workload(study(generation=7), trial(0), 0, SETTINGS)
    made["metadata"]["uid"] = "j0"
    seen = Job().view(made, 0)
    assert seen.template == job(0).template
    changed = build_workload(study(template=CORRECTED), trial(0), 0, SETTINGS)
    assert Job().view({**changed, "metadata": {**changed["metadata"], "uid": "j0"}}, 0) != seen
    lost = replace(seen, finished=Finished.FAILED, reason="BackoffLimitExceeded")
    pods = (over(0, ended(code=1), phase="Failed"),)
    found = planned(snapshot(study(), trials=(trial(0),), jobs=(lost,), pods=pods))
    (end,) = of_type(found, effects.RecordEnd)
    assert end.end.template == TEMPLATE


def test_a_trial_that_was_sampled_and_is_not_seen_is_asked_for_before_it_ends():
    found = planned(snapshot(study(), trials=(trial(0),), sampled=2))
    assert of_type(found, effects.LookFor) == [effects.LookFor(1, "trials", "s-1")]
    assert not of_type(found, effects.RecordEnd)


def test_a_sampled_trial_that_is_known_to_be_gone_was_deleted_by_somebody():
    absent = {("trials", "s-1"): "there is none"}
    found = planned(snapshot(study(), trials=(trial(0),), sampled=2, absent=absent))
    (end,) = of_type(found, effects.RecordEnd)
    assert (end.number, end.end.reason) == (1, "DeletedByUser")
    assert end.end.message == "Someone deleted the Trial: there is none."


def test_numbers_that_were_never_sampled_end_no_trial_though_higher_ones_exist():
    wide = study(trials={"parallelism": 4})
    found = planned(snapshot(wide, trials=(trial(1), trial(3, sampled=False))))
    assert not of_type(found, effects.RecordEnd, effects.LookFor)
    assert created(found) == [0, 2]


def test_how_far_numbers_were_given_out_is_recorded_as_soon_as_it_is_seen():
    taken = snapshot(study(), trials=(trial(0), trial(1), trial(3)), record=record(done(2)))
    assert of_type(planned(taken), effects.RecordSampled) == [effects.RecordSampled(4)]
    assert of_type(planned(snapshot(study(), trials=(trial(1),))), effects.RecordSampled) == []
    known = snapshot(study(), trials=(trial(0), trial(1)), sampled=2)
    assert of_type(planned(known), effects.RecordSampled) == []


def test_a_trial_that_an_etcd_restore_took_away_is_made_again():
    back = {("trials", "s-1"), ("jobs", "s-1")}
    ran = TrialRecord(1, attempt=1, step=3, latest=0.5, best=0.5, best_step=3)
    snap = snapshot(
        study(), trials=(trial(0),), sampled=2, restored=back, record=record(done(0), ran)
    )
    found = planned(snap)
    assert created(found)[0] == 1
    assert not of_type(found, effects.RecordEnd, effects.LookFor)


def test_a_study_that_is_being_deleted_is_left_alone():
    assert planned(snapshot(replace(study(), deleting=True), trials=(trial(0),))) == []


def hand_made(uid="h", **changes):
    view = replace(trial(0), uid=uid, name=f"by-hand-{uid}", number=None, adopted=False)
    return replace(view, **changes)


def test_a_trial_made_by_hand_gets_a_number_beyond_the_sampled_ones_and_runs_first():
    found = planned(snapshot(study(), trials=(hand_made(),)))
    (adopt,) = of_type(found, effects.AdoptTrial)
    assert adopt.number == FIRST_HAND_MADE
    assert adopt.metadata["ownerReferences"][0]["uid"] == UID
    adopted = replace(hand_made(), number=FIRST_HAND_MADE, adopted=True)
    one_slot = study(trials={"parallelism": 1})
    found = planned(snapshot(one_slot, trials=(adopted, trial(0))))
    assert started(found) == [FIRST_HAND_MADE]


def test_trials_made_by_hand_come_on_top_of_those_that_are_sampled():
    adopted = replace(hand_made(), number=FIRST_HAND_MADE, adopted=True)
    records = [*(done(n) for n in range(4)), TrialRecord(FIRST_HAND_MADE)]
    found = planned(
        snapshot(
            study(),
            record=record(*records),
            trials=(*(trial(n) for n in range(4)), adopted),
        )
    )
    assert started(found) == [FIRST_HAND_MADE]
    assert study_condition(found, "Succeeded")["status"] == "Unknown"


def test_a_trial_made_by_hand_outside_the_space_is_refused_by_its_parameter():
    adopted = replace(hand_made(parameters={"lr": 7}), number=FIRST_HAND_MADE, adopted=True)
    found = planned(snapshot(study(), trials=(adopted,)))
    (end,) = of_type(found, effects.RecordEnd)
    assert end.end.reason == "ParametersRefused"
    assert "lr" in end.end.message


def test_a_metric_that_never_comes_degrades_the_study_and_is_named():
    silent = failed(0, "NoMetric")
    found = planned(snapshot(study(), record=record(silent), trials=(trial(0),)))
    condition = study_condition(found, "Degraded")
    assert (condition["status"], condition["reason"]) == ("True", "NoMetricYet")


def test_the_size_of_the_status_does_not_depend_on_the_number_of_trials():
    def size(count):
        records = [done(n, best=0.5, best_step=1) for n in range(count)]
        found = planned(
            snapshot(
                study(trials={"max": 1000}),
                record=record(*records, best=0),
                trials=tuple(trial(n) for n in range(count)),
            )
        )
        (write,) = of_type(found, effects.WriteStudyStatus)
        return len(str(write.status))

    assert abs(size(500) - size(50)) < 40


def test_the_operator_bounds_how_many_trials_run_at_once_and_says_so():
    wide = study(trials={"max": 100, "parallelism": 50})
    bounded = replace(SETTINGS, max_parallelism=3)
    found = planned(snapshot(wide), settings=bounded)
    assert len(created(found)) == 3
    assert "--max-parallelism" in study_condition(found, "Progressing")["message"]
    assert (
        "--max-parallelism"
        not in study_condition(planned(snapshot(wide)), "Progressing")["message"]
    )


def test_trials_that_run_are_looked_after_though_the_spec_was_changed_for_the_worse():
    broken = replace(study(), error="spec.template.spec.containers: expected a list; write one")
    seen = snapshot(
        broken,
        trials=(trial(0), trial(1)),
        jobs=(job(0, complete=True),),
        pods=(over(0),),
        record=record(TrialRecord(0, attempt=1, step=10, latest=0.5, best=0.5, best_step=10)),
        sampled=2,
    )
    found = planned(seen)
    assert [effect.number for effect in of_type(found, effects.RecordEnd)] == [0]
    assert created(found) == started(found) == []
    accepted = study_condition(found, "Accepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "SpecRefused")
    assert "expected a list" in accepted["message"]


def test_that_a_study_has_started_is_written_at_once_since_it_fixes_what_defines_the_study():
    said = {"conditions": [{"type": "Accepted", "status": "Unknown"}]}
    view = replace(study(status=said), status_written_at=NOW - 0.1)
    (write,) = of_type(planned(snapshot(view)), effects.WriteStudyStatus)
    assert write.status["startTime"]

"""Budgets on a real API server: a hard limit ends what runs, and a raised one lets it go on."""

from __future__ import annotations

import time

import pytest

from espalier.kube import Refused
from espalier.planning.budgets.words import amount_words
from tests.integration.running import JOB, POD, STUDY, eventually, operator, scenario, study


@scenario
async def test_a_hard_limit_ends_what_runs_and_a_raised_one_lets_it_go_on(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        began = time.monotonic()
        await at.create(study(budget={"wallClock": {"hard": "1h"}}))
        first = await at.pod_of("study-0")
        await at.run_pod(first)
        await process.report(first, 0.2, 0.1)
        await at.end_pod(first)
        await at.wait_ended("study-0", "Completed")
        second = await at.pod_of("study-1")
        await at.run_pod(second)
        # however long that took, the limit is still to come, and nothing but time meets it
        soon = int(time.monotonic() - began) + 6
        await at.patch(STUDY, "study", {"spec": {"budget": {"wallClock": {"hard": f"{soon}s"}}}})
        said = await at.wait_condition(STUDY, "study", "BudgetSpent", reason="HardLimitMet")
        assert f"spec.budget.wallClock.hard ({amount_words(soon)}) is met" in said["message"]
        await at.wait_ended("study-1", "BudgetSpent")

        async def nothing_runs() -> bool:
            pods = await at.list(POD)
            jobs = await at.list(JOB)
            ending = all("deletionTimestamp" in each["metadata"] for each in pods[1:])
            return ending and not any(each["status"].get("active") for each in jobs)

        await eventually("all pods to be let go", nothing_runs)
        ended = await at.wait_condition(STUDY, "study", "Succeeded")
        assert ended["reason"] == "BudgetSpent"
        status = (await at.get(STUDY, "study"))["status"]
        assert status["budget"]["limits"][0]["met"] == "Hard"
        assert status["counts"]["completed"] == 1

        await at.patch(STUDY, "study", {"spec": {"budget": {"wallClock": {"hard": "1h"}}}})
        await at.wait_condition(STUDY, "study", "BudgetSpent", "False", "WithinBudget")
        await at.pod_of("study-3")
        with pytest.raises(Refused, match="soft may not be beyond hard"):
            await at.patch(STUDY, "study", {"spec": {"budget": {"wallClock": {"soft": "2h"}}}})

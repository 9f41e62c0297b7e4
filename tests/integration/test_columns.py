"""What kubectl shows of the trials of a study that was run, on a real API server."""

import asyncio
import re

from espalier.kube import STUDY
from tests.chart.apiserver import ApiServer
from tests.integration.running import eventually, operator, scenario, study

VALUES = {0: 0.25, 1: 0.75, 2: 0.5}


def cells(table: str) -> dict[str, list[str]]:
    """Return the cells of a table's rows by their first one; columns are two spaces apart."""
    rows = (re.split(r"\s{2,}", line.strip()) for line in table.splitlines())
    return {row[0]: row for row in rows}


@scenario
async def test_ranks_and_parameters_of_a_study_that_was_run(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials={"max": 3, "parallelism": 1, "maxFailed": 3, "retries": 0}))
        for number, value in VALUES.items():
            pod = await at.pod_of(f"study-{number}")
            await at.run_pod(pod)
            await process.report(pod, 0.1, value)
            await at.end_pod(pod)
            await at.wait_ended(f"study-{number}", "Completed")
        await at.wait_condition(STUDY, "study", "Succeeded")

        def shown() -> dict[str, list[str]]:
            server = ApiServer(control_plane)
            return cells(server.must("get", "trials", "-n", at.namespace, "-o", "wide"))

        async def told_anew() -> dict[str, list[str]] | None:
            wide = await asyncio.to_thread(shown)
            ranks = [wide[f"study-{number}"][6] for number in VALUES]
            return wide if ranks == ["3/3", "1/3", "2/3"] else None

        wide = await eventually("the leaders to be told anew", told_anew)
        head, row = wide["NAME"], wide["study-1"]
        assert head[:8] == [
            *("NAME", "PHASE", "STEP", "VALUE", "BEST SO FAR", "REASON", "RANK", "PARAMETERS")
        ]
        assert row[1:7] == ["Completed", "2", "0.75", "0.75", "Completed", "1/3"]
        assert re.fullmatch(r"lr=0\.\d{3,6}", row[7])

"""A cluster that is made anew: its Studies go on from what a backup has of their names."""

import io

from espalier.kube import STUDY, TRIAL
from espalier.planning.workload.job import JOB
from espalier.store.sqlite.backup import back_up, stage
from tests.integration.running import (
    SETTINGS,
    InProcessOperator,
    bench,
    eventually,
    scenario,
    study,
)


@scenario
async def test_a_study_that_is_made_again_goes_on_where_the_backup_ends(control_plane, tmp_path):
    async with bench(control_plane) as at:
        first = InProcessOperator(control_plane, at.namespace, tmp_path / "old.db", SETTINGS)
        await first.start()
        try:
            await at.create(study())
            done = await at.pod_of("study-0")
            await at.run_pod(done)
            await first.report(done, 0.5, 0.9)
            await at.end_pod(done)
            await at.wait_ended("study-0", "Completed")
            running = await at.pod_of("study-1")
            await at.run_pod(running)
            await first.report(running, 0.3)
            back_up(first.url, tmp_path / "copy.db")
        finally:
            await first.kill()
        await at.delete(STUDY, "study")  # and with it all of the old cluster

        async def gone():
            return not await at.list(TRIAL) and not await at.list(JOB)

        await eventually("the old objects to go", gone)
        new = InProcessOperator(control_plane, at.namespace, tmp_path / "new.db", SETTINGS)
        stage(io.BytesIO((tmp_path / "copy.db").read_bytes()), new.url, new_uids=True)
        await at.create(study())
        await new.start()
        try:

            async def best():
                status = (await at.get(STUDY, "study") or {}).get("status", {})
                return (status.get("best") or {}).get("value") == 0.9

            await eventually("the best value of the backup", best)
            await at.pod_of("study-3")
            names = await at.names(TRIAL)
            assert "study-0" not in names
            (row,) = await new.store.studies()
            assert row.uid == (await at.get(STUDY, "study"))["metadata"]["uid"]
            ends = {end.trial: end.end.reason for end in (await new.store.log(row)).ends}
            assert ends == {0: "Completed", 1: "DeletedByUser", 2: "DeletedByUser"}
        finally:
            await new.kill()

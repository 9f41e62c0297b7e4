"""`espalier status`: where a study stands."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import click
from rich.live import Live

from espalier.cli.asking.options import Whom, source_options, study_argument
from espalier.cli.asking.study_shown import StudyShown, standing
from espalier.cli.showing.formats import output_option, show, terminal
from espalier.cli.showing.study_frame import StudyFrame
from espalier.errors import RetryLater

REFRESH_SECONDS = 2.0


async def follow(study: str | None, given: Whom) -> StudyShown:
    """Draw a study until it has ended, and return where it stood then."""
    found = await standing(study, given)
    console = terminal()
    if not console.is_terminal or given.file is not None:
        return found
    with Live(console=console, auto_refresh=False, screen=True) as live:
        while not found.view.get("completionTime"):
            live.update(StudyFrame(found, datetime.now(UTC)), refresh=True)
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                found = await standing(study, given)
            except RetryLater as error:
                found = replace(found, trouble=f"{error}; trying again")
    return found


@click.command("status")
@study_argument
@source_options
@output_option
@click.option("--watch", "-w", is_flag=True, help="Draw it anew until the study has ended.")
def command(study: str | None, given: Whom, output: str, watch: bool) -> None:
    """Show where STUDY (NAME or NAMESPACE/NAME) stands.

    Progress and, where it can be told honestly, when it ends; the best trial so far; how many
    trials are in each state; what was used and saved, between which bounds; budget and risk; and
    what is in the way. The right to get the Study is all that is needed: what the read API adds,
    such as curves, is left out where it does not answer.

    \b
    Examples:
      kubectl espalier status digits
      kubectl espalier status ml/digits --watch
      kubectl espalier status digits -n ml -o json
      espalier status --from digits.jsonl
    """
    found = asyncio.run(follow(study, given) if watch else standing(study, given))
    show(
        output,
        [found.view],
        name=lambda view: f"study.espalier.dev/{view['name']}",
        drawn=lambda: StudyFrame(found, datetime.now(UTC)),
        whole=found.view,
    )

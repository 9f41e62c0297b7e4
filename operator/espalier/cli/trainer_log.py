"""`espalier logs`: what a trial's trainer printed, also once its pod is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import click
from rich.text import Text

from espalier.api.resources import MOST_OUTPUT
from espalier.cli.asking.options import Whom, opened, source_options
from espalier.cli.asking.source import StudySource
from espalier.cli.study_name import StudyName
from espalier.cli.trial_name import TrialName, read_trial_name
from espalier.engine.reports.kept_output import cleaned
from espalier.errors import UsageError
from espalier.kube import POD, STUDY, TRIAL, Cluster, NotFound, Refused, own_namespace
from espalier.planning.world.names import TRIAL_LABEL
from espalier.views.plain import View


async def printed(trial: TrialName, attempt: int | None, given: Whom) -> str:
    """Return what a trial's trainer printed: its pod's log, or what is kept of it.

    Raises
    ------
    UsageError
        If there is neither, with what to do so that there is next time.
    """
    study, number = trial.study, trial.number
    if given.file is None:
        async with await given.cluster() as cluster:
            found = await _trial(cluster, trial)
            if found is not None:
                spec, status = found["spec"], found.get("status") or {}
                study = StudyName(trial.namespace, str(spec["study"]["name"]))
                number = status.get("number", spec.get("number"))
                if attempt is None and (text := await _live(cluster, trial, study)) is not None:
                    return text
    if study is None or number is None:
        raise UsageError(
            "TRIAL",
            f"there is no Trial {trial.name} in {trial.namespace}, and its name does not tell its "
            "study and number; `kubectl espalier trials STUDY` lists them",
        )
    async with opened(str(study), given) as source:
        return await _kept(source, number, attempt)


async def _trial(cluster: Cluster, trial: TrialName) -> dict[str, Any] | None:
    try:
        return await cluster.get(TRIAL, trial.namespace, trial.name)
    except NotFound:
        return None


async def _live(cluster: Cluster, trial: TrialName, study: StudyName) -> str | None:
    """Return the log of the newest pod that is there; None without one, or the right to see it."""
    try:
        pods, _ = await cluster.list(POD, trial.namespace, labels=f"{TRIAL_LABEL}={trial.name}")
        if not pods:
            return None
        pod = max(pods, key=lambda each: str(each["metadata"].get("creationTimestamp")))
        container = await _trainer(cluster, study, pod)
        name = pod["metadata"]["name"]
        return plain(await cluster.pod_log(trial.namespace, name, container, MOST_OUTPUT))
    except (Refused, NotFound):
        return None


def plain(text: str) -> str:
    """Return a pod's log as a terminal shows it: without codes, lines as they were drawn last."""
    lines = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))
    # Both ends of a link or a title: rich knows the one.
    return "\n".join(Text.from_ansi(line.replace("\x07", "\x1b\\")).plain for line in lines)


async def _trainer(cluster: Cluster, study: StudyName, pod: dict[str, Any]) -> str:
    """Return the name of the container that trains."""
    containers = [str(each["name"]) for each in pod["spec"]["containers"]]
    said = (await cluster.get(STUDY, study.namespace, study.name))["spec"].get("trainerContainer")
    return said or ("trainer" if "trainer" in containers else containers[0])


async def _kept(source: StudySource, number: int, attempt: int | None) -> str:
    kept: Sequence[View] = (await source.ask(f"trials/{number}/output"))["attempts"]
    wanted = [each for each in kept if attempt in (None, each["attempt"])]
    if not wanted:
        which = "" if attempt is None else f" of attempt {attempt}"
        others = ", ".join(str(each["attempt"]) for each in kept)
        raise UsageError(
            "TRIAL",
            f"nothing that trial {number} printed{which} is kept"
            + (f" (there is of attempt {others})" if others else "")
            + "; its pod is gone. A Study whose spec.sidecar.keepOutputBytes is set keeps the end "
            "of what its trainers print",
        )
    text: str = wanted[-1]["text"]
    return text


@click.command("logs")
@click.argument("trial")
@click.option(
    "--attempt",
    type=click.IntRange(1),
    help="What is kept of this attempt; if not given, the newest.",
)
@source_options
def command(trial: str, attempt: int | None, given: Whom) -> None:
    """Print what the trainer of TRIAL (NAME or NAMESPACE/NAME of a Trial) has printed.

    While its pod is there, that is the end of the pod's log; once it is gone, the end that was
    kept, where the Study has spec.sidecar.keepOutputBytes. What no terminal should be sent is left
    out.

    \b
    Examples:
      kubectl espalier logs digits-7
      kubectl espalier logs ml/digits-7 --attempt 1
    """
    default = None if given.file else own_namespace(given.config, given.context)
    name = read_trial_name(trial, given.namespace, default)
    text = cleaned(asyncio.run(printed(name, attempt, given)))
    click.echo(text, nl=not text.endswith("\n"))

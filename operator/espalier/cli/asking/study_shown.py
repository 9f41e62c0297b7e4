"""Where a study stands: by its Study alone, and by the read API where it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from espalier.cli.asking.of_object import view_of_object
from espalier.cli.asking.options import Whom, opened
from espalier.cli.asking.source import StudySource
from espalier.errors import EspalierError, RetryLater, UsageError
from espalier.kube import STUDY, Cluster, NotFound, NotServed
from espalier.views.plain import View

PATIENCE = 5.0
"""Seconds for which the read API is waited for: the Study alone tells the most."""
_BEST = "5"


@dataclass(frozen=True)
class StudyShown:
    """Where a study stands.

    Parameters
    ----------
    view
        The study, as `espalier.views.study` shows it.
    leading
        The trials with the best newest values, the best first; only of the read API or a log.
    curves
        Their curves by number.
    trouble
        Why something is not told, or may be old.
    """

    view: View
    leading: Sequence[View] = ()
    curves: dict[int, View] = field(default_factory=dict)
    trouble: str = ""


async def standing(study: str | None, given: Whom) -> StudyShown:
    """Return where a study stands.

    Raises
    ------
    UsageError, RetryLater
        If nothing tells it.
    """
    if given.file is not None:
        async with opened(study, given) as source:
            return await _of_source(source, None)
    if study is None:
        raise UsageError("STUDY", "expected NAME or NAMESPACE/NAME of a study, or --from FILE")
    view = await _of_cluster(study, given)
    try:
        async with asyncio.timeout(PATIENCE), opened(study, given) as source:
            return await _of_source(source, view)
    except (EspalierError, TimeoutError) as error:
        if view is None:
            raise _nowhere(study, given, error) from error
        said = str(error) or f"no answer within {PATIENCE:.0f} s"
        return StudyShown(view, trouble=f"No curves, the read API does not answer: {said}")


async def _of_cluster(study: str, given: Whom) -> View | None:
    """Return what the Study itself tells; None where there is none any more."""
    name = given.study(study)
    async with await given.cluster() as cluster:
        try:
            return view_of_object(await cluster.get(STUDY, name.namespace, name.name))
        except NotFound:
            return None
        except NotServed as error:
            raise not_installed(error) from error


async def _of_source(source: StudySource, known: View | None) -> StudyShown:
    """Return what the read API or a log tells, and of the Study what they do not."""
    view = await source.ask("")
    told = {key: value for key, value in view.items() if value is not None}
    query = {"sort": "value", "limit": _BEST}
    leading = (await source.ask("trials", query))["items"]
    leading = [trial for trial in leading if trial["rank"] is not None]
    numbers = [str(trial["number"]) for trial in leading]
    curves = []
    if numbers:
        asked = await source.ask("curves", {"trial": numbers, "points": "60"})
        curves = asked["trials"]
    merged = view | (known or {}) | told
    if merged["best"] is None:
        merged["best"] = await _best_of(source)
    return StudyShown(merged, leading, {curve["number"]: curve for curve in curves})


async def _best_of(source: StudySource) -> View | None:
    """Return the completed trial with the best last value, where no Study tells the best."""
    query = {"state": "Completed", "sort": "value", "limit": "1"}
    found = (await source.ask("trials", query))["items"]
    if not found or found[0]["rank"] is None:
        return None
    told = {key: found[0][key] for key in ("number", "step", "parameters")}
    return {**told, "trial": found[0]["name"], "value": found[0]["latest"]}


def _nowhere(study: str, given: Whom, error: Exception) -> EspalierError:
    name = given.study(study)
    if isinstance(error, RetryLater | TimeoutError):
        said = f"{error}" or "no answer"
        return RetryLater(f"the cluster has no Study {name}, nor does the read API tell: {said}")
    return UsageError(
        "STUDY",
        f"there is no study '{name.name}' in namespace '{name.namespace}' ({error}); "
        "`espalier top -A` lists them",
    )


async def all_studies(cluster: Cluster, namespace: str | None) -> list[View]:
    """Return the Studies of a namespace, of all where none is named.

    Raises
    ------
    UsageError, RetryLater
        If they cannot be listed.
    """
    try:
        found, _ = await cluster.list(STUDY, namespace)
    except NotServed as error:
        raise not_installed(error) from error
    return [view_of_object(each) for each in found]


def not_installed(error: Exception) -> UsageError:
    """Return what is said where a cluster has no Studies."""
    return UsageError(
        "--kubeconfig", f"the cluster knows no Studies; is Espalier installed there? ({error})"
    )

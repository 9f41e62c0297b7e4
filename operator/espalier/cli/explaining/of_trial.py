"""The answer to why about a trial, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from espalier.cli.explaining.words import number, steps, text, trial_words
from espalier.planning.world.names import called
from espalier.views.plain import View

_STYLES = {"Prune": "yellow", "Overruled": "cyan", "Waiting": "dim"}


def trial_answer(view: View) -> RenderableType:
    """Return all that is told of a trial."""
    return Group(*_parts(view))


def _parts(view: View) -> Iterator[RenderableType]:
    yield _head(view)
    if view["note"]:
        yield text(view["note"])
    if view["different"]:
        yield Text()
        yield text(view["decided"]["sentence"], _STYLES.get(view["decided"]["action"], ""))
        yield text(view["different"]["sentence"])
        if view["different"]["besides"]:
            yield text(view["different"]["besides"], "dim")
    if view["steps"]:
        yield Text()
        if view["leftOut"]:
            yield text(f"{view['leftOut']} earlier lines are left out", "dim")
        yield _steps(view["steps"])
    if view["placing"] and view["placing"]["rank"] is not None:
        yield Text()
        yield from _placing(view["decided"]["step"], view["placing"])
    if view["counterfactual"] is not None:
        yield Text()
        yield from _counterfactual(view["counterfactual"])


def _head(view: View) -> Text:
    trial = view["trial"]
    head = text(trial_words(trial).capitalize(), "bold")
    marks = [trial["state"], *(word for word in ("exempt", "protected") if trial[word])]
    head.append(f"  {', '.join(marks)}", style="not bold")
    if trial["rank"] is not None:
        head.append(f", rank {trial['rank']}", style="not bold")
    given = ", ".join(f"{key}={value}" for key, value in (trial["parameters"] or {}).items())
    if given:
        head.append("  ")
        head.append_text(text(given, "not bold"))
    return head


def _steps(lines: list[View]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("STEP", no_wrap=True)
    for title in ("VALUE", "CUT-OFF", "RANK", "PEERS"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("WHY", overflow="fold", ratio=1)
    for line in lines:
        numbers = line["numbers"]
        style = _STYLES.get(line["action"], "") or _STYLES.get(line["kind"], "")
        table.add_row(
            steps(line),
            number(numbers["value"]),
            number(numbers["cutOff"]),
            _place(line["place"]),
            number(numbers["peers"]),
            text(_why(line), style),
        )
    return table


def _place(place: View | None) -> str:
    return "" if place is None else f"{place['rank']} of {place['of']}"


def _why(line: View) -> str:
    said = str(line["sentence"])
    place = [f"rung {line['rung']}"] if line["rung"] is not None else []
    place += [f"bracket {line['bracket']}"] if line["bracket"] is not None else []
    by = ", ".join([line["decidedBy"], *place])
    times = f" {line['count']} times." if line["count"] > 1 else ""
    # Of steps that it waited for the sentence tells itself.
    counted = line["until"] and line["numbers"]["measure"] == "Count"
    waits = f" Not before {line['until']}." if counted else ""
    return f"{said}{waits}{times} ({by})"


def _placing(step: int, placing: View) -> Iterator[RenderableType]:
    yield text(
        f"By its value at step {step} it ranked {placing['rank']} of {placing['of']} that had come"
        " so far. Near it then:"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("TRIAL", "RANK THEN", "VALUE THEN", "NOW", "RANK NOW"):
        table.add_column(title, justify="left" if title in ("TRIAL", "NOW") else "right")
    for near in placing["near"]:
        table.add_row(
            called(near["trial"]),
            str(near["rankThen"]),
            number(near["valueThen"]),
            near["state"],
            "" if near["rank"] is None else f"{near['rank']} of {near['of']}",
        )
    yield table
    behind = placing["behind"]
    if behind is None:
        yield text("None that was no better then has gone on to its end, to show what comes of it.")
        return
    yield text(
        f"{behind['completed']} that were no better then have gone on to their end; the best of"
        f" them, {called(behind['bestTrial'])}, ranks {behind['bestRank']} of {behind['of']}."
    )


def _counterfactual(shadows: list[View]) -> Iterator[RenderableType]:
    if not shadows:
        yield text("No shadow has judged it.")
    for shadow in shadows:
        yield text(f"Shadow {shadow['sentence']}")
        yield text(f"  {shadow['decision']['sentence']}", "dim")

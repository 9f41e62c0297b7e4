"""The answer to why about a study, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from espalier.cli.explaining.words import number, percent, text
from espalier.planning.world.names import called
from espalier.views.plain import View

_WHO = {
    "Status": "as the Study's status says",
    "Replayed": "as its log says, judged anew",
    "Nobody": "",
}


def study_answer(view: View) -> RenderableType:
    """Return all that is told of a study."""
    return Group(*_parts(view))


def _parts(view: View) -> Iterator[RenderableType]:
    yield text(f"{view['namespace']}/{view['name']}  {view['metric']}, {view['direction']}", "bold")
    yield from _prunings(view["prunings"])
    yield from _survivors(view["survived"])
    yield from _risk(view["risk"], view["exempt"])
    breaker = view["breaker"]
    if breaker["open"]:
        yield text("The circuit breaker is open: nothing is pruned for a while.", "red")
    elif breaker["trips"]:
        yield text(f"The circuit breaker has opened {breaker['trips']} times.")
    for change in view["changes"]:
        said = "; ".join(change["changed"]) or "nothing else holds than before"
        yield text(f"{change['at'] or 'At the start'}: {said}")


def _prunings(prunings: View) -> Iterator[RenderableType]:
    if not prunings["count"]:
        yield text("No trial has been pruned.")
        return
    between = f" between {prunings['firstAt']} and {prunings['lastAt']}"
    yield text(f"{prunings['count']} trials were pruned{between if prunings['firstAt'] else ''}:")
    yield Text()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("COUNT", "STEPS", "RULE", "REASON", "SUCH AS"):
        table.add_column(
            title,
            justify="right" if title == "COUNT" else "left",
            no_wrap=title != "SUCH AS",
            overflow="fold" if title == "SUCH AS" else "ellipsis",
            ratio=1 if title == "SUCH AS" else None,
        )
    for group in prunings["byReason"]:
        first, last = group["firstStep"], group["lastStep"]
        example = group["example"]
        table.add_row(
            str(group["count"]),
            str(first) if first == last else f"{first}–{last}",
            text(group["pruner"]),
            group["reason"],
            text(f"{called(example['trial'])}: {example['sentence']}"),
        )
    yield table
    yield Text()
    counts = ", ".join(f"{each['step']}: {each['count']}" for each in prunings["byStep"][:40])
    more = len(prunings["byStep"]) - 40
    yield text(f"By step: {counts}{f', and {more} more steps' if more > 0 else ''}")


def _survivors(survived: View) -> Iterator[RenderableType]:
    counts = ", ".join(f"{count} {state}" for state, count in survived["counts"].items() if count)
    yield text(f"Trials: {counts or 'none'}")
    best = ", ".join(
        f"{called(each['trial'])} ({number(each['latest'])}, {each['state'].lower()})"
        for each in survived["best"]
    )
    if best:
        yield text(f"The best that were not pruned: {best}")


def _risk(risk: View, exempt: View) -> Iterator[RenderableType]:
    told = _WHO[risk["toldBy"]]
    if not told:
        yield text("How much risk is spent only the Study's status says: its log is too long here.")
        return
    if risk["stated"] is not None:
        yield text(
            f"Risk: {number(risk['spent'])} of the stated {number(risk['stated'])} is spent, {told}"
        )
        largest = sorted(risk["prunings"], key=lambda each: -(each["risk"] or 0.0))[:3]
        said = ", ".join(
            f"{called(each['trial'])} at step {each['step']} ({number(each['risk'])})"
            for each in largest
            if each["risk"]
        )
        if said:
            yield text(f"  most of it on {said}")
    false = risk["falsePrunes"]
    count = len(exempt["trials"])
    yield text(f"Exempt trials: {count}{_false(false) if count else ''}")


def _false(false: View) -> str:
    if not false["of"]:
        return "; none of them that completed would have been pruned"
    return (
        f"; of {false['of']} that would have been pruned {false['count']} were the best in the end:"
        f" pruning is wrong in {percent(false['low'])} to {percent(false['high'])} of cases (95 %)"
    )

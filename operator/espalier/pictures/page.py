"""A page with a picture and a table, which loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from espalier.views.plain import View

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;
color:#1c1c1c;background:#fff}
svg{max-width:100%;height:auto}
table{border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;padding:.2rem .7rem;border-bottom:1px solid #e4e4e4;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page_of(study: View, trials: Sequence[View], svg: str) -> str:
    """Return the page: the picture as matplotlib drew it, and a row for each trial."""
    name = _text(f"{study['namespace']}/{study['name']}")
    names = list(dict.fromkeys(key for trial in trials for key in trial["parameters"] or ()))
    metric = _text(study["objective"]["metric"])
    head = ["rank", "trial", "state", _text(study["resource"].get("name", "step")), metric]
    head += [_text(each) for each in names] + ["why"]
    rows = "\n".join(_row(trial, names) for trial in trials)
    drawn = svg[svg.index("<svg") :]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{name}</h1>
<figure role="img" aria-label="The curves of {name}; the table below has the numbers">
{drawn}
</figure>
<table>
<thead><tr>{"".join(f"<th>{each}</th>" for each in head)}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def _row(trial: View, names: Sequence[str]) -> str:
    given = trial["parameters"] or {}
    numbers = [trial["rank"], trial["number"]]
    cells = [f'<td class="n">{_text(each)}</td>' for each in numbers]
    cells.append(f"<td>{_text(trial['state'])}</td>")
    cells += [f'<td class="n">{_text(trial[key])}</td>' for key in ("step", "latest")]
    cells += [f"<td>{_text(given.get(name))}</td>" for name in names]
    why = (trial["pruned"] or {}).get("sentence") or trial["message"] or ""
    return f"<tr>{''.join(cells)}<td>{_text(why)}</td></tr>"


def _text(value: object) -> str:
    shown = f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
    return escape("".join(each if each.isprintable() else "?" for each in shown))

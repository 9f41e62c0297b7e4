"""The reference of the commands for people: docs/reference/commands.md."""

from __future__ import annotations

import click

from espalier.cli.backup import command as backup
from espalier.cli.boundary import FAILED, INTERRUPTED, PIPE_CLOSED, TRACEBACK
from espalier.cli.collect import command as collect
from espalier.cli.export import command as export
from espalier.cli.hands.exempting import command as exempt
from espalier.cli.hands.extend import command as extend
from espalier.cli.hands.keep import command as keep
from espalier.cli.hands.prune import command as prune
from espalier.cli.hands.resume import command as resume
from espalier.cli.hands.stop import command as stop
from espalier.cli.hands.suspend import command as suspend
from espalier.cli.import_ import command as import_
from espalier.cli.recommend import command as recommend
from espalier.cli.replay import command as replay
from espalier.cli.restore import command as restore
from espalier.cli.watch import command as watch
from espalier.generate.markdown import NOTE
from espalier.generate.option_rows import about, option_rows

_HEAD = f"""{NOTE}
# The command `espalier`

[Install the CLI](../how-to/install-the-cli.md) says how to get it. Under the name
`kubectl-espalier` kubectl finds it too: `kubectl espalier watch digits`.
[`espalier backtest`](backtest.md) and [`espalier run`](operator-flags.md), the operator itself,
have pages of their own.

A study is named alike everywhere: `NAMESPACE/NAME`, or `NAME` with `-n NAMESPACE`.

| exit code | meaning |
| --- | --- |
| 0 | done; `watch`: the study succeeded; `replay`: all decisions agree; `collect`: values came |
| 1 | `watch`: the study did not succeed; `replay`: a decision differs; `collect`: no value came |
| {FAILED} | it could not be done: one line on standard error says why, and what to do |
| {INTERRUPTED} | interrupted |
| {PIPE_CLOSED} | nobody read its output to the end |

Where that line speaks of a defect of Espalier, `{TRACEBACK}=1` shows the traceback to report.
"""

_COMMAND = """
## `espalier {name}`

```text
espalier {usage}

{about}
```

| option | default | meaning |
| --- | --- | --- |
{options}
"""


def commands_page() -> str:
    """Write the reference of the commands for people, in Markdown."""
    return _HEAD + "".join(
        _COMMAND.format(
            name=each.name,
            usage=f"{each.name} {' '.join(each.collect_usage_pieces(click.Context(each)))}",
            about=about(each),
            options=option_rows(each),
        )
        for each in (
            *(watch, prune, keep, exempt, suspend, resume, stop, extend),
            *(collect, export, import_, replay, recommend, backup, restore),
        )
    )

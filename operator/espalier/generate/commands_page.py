"""The reference of the commands for people: docs/reference/commands.md."""

from __future__ import annotations

from importlib import import_module

import click

from espalier.cli.boundary import FAILED, INTERRUPTED, PIPE_CLOSED, TRACEBACK
from espalier.cli.main import COMMANDS
from espalier.generate.markdown import NOTE
from espalier.generate.option_rows import about, option_rows

ELSEWHERE = ("backtest", "run", "serve")
"""Commands that have pages of their own."""
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
        for each in _commands()
    )


def _commands() -> list[click.Command]:
    """Return the commands for people, in the order in which `--help` has them."""
    return [
        import_module(module).command
        for name, module in sorted(COMMANDS.items())
        if name not in ELSEWHERE
    ]

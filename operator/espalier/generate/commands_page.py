"""The reference of the commands for people: docs/reference/commands.md."""

from __future__ import annotations

import click

from espalier.cli.boundary import FAILED, INTERRUPTED, PIPE_CLOSED, TRACEBACK
from espalier.cli.main import COMMANDS, main
from espalier.generate.markdown import NOTE
from espalier.generate.option_rows import about, option_rows

_ELSEWHERE = ("run", "serve", "backtest")
"""Commands that have pages of their own, or run in the operator's pod alone."""
_HEAD = f"""{NOTE}
# The command `espalier`

[Install the CLI](../how-to/install-the-cli.md) says how to get it. Under the name
`kubectl-espalier` kubectl finds it too: `kubectl espalier status digits`.
[`espalier backtest`](backtest.md) and [`espalier run`](operator-flags.md), the operator itself,
have pages of their own.

A study is named alike everywhere: `NAMESPACE/NAME`, or `NAME` with `-n NAMESPACE`; by its name
alone it is looked for where the kubeconfig's context says. `--kubeconfig` and `--context` are as
kubectl has them, and so is `-A`. [See a study](../how-to/see-a-study.md) shows what they print.

Lists are printed as `-o` says: `table`, `wide`, `json`, `yaml`, `csv` or `name`. A table fits the
terminal, and names the columns for which there was no room. Colours come on terminals alone, and
not where `NO_COLOR` is set. In CSV a text that a spreadsheet would run begins with an apostrophe.

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
        for each in map(_command, COMMANDS)
        if each.name not in _ELSEWHERE
    )


def _command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found

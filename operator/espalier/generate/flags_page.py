"""The reference of what runs in the cluster: docs/reference/operator-flags.md."""

from __future__ import annotations

import click

from espalier.cli.run import command as run
from espalier.cli.serve import command as serve
from espalier.generate.markdown import NOTE
from espalier.generate.option_rows import default, meaning, options_of

_HEAD = """{note}
# `espalier run` and `espalier serve`

A flag on the command line comes before its environment variable. The Helm chart sets what it needs
through the environment; anything else goes into its value `extraEnv`.
"""
_COMMAND = """
## `espalier {name}`

{about}

| flag | environment | default | meaning |
| --- | --- | --- | --- |
{rows}
"""


def flags_page() -> str:
    """Write the reference of the commands that run in the cluster, in Markdown."""
    return _HEAD.format(note=NOTE) + "".join(
        _COMMAND.format(
            name=command.name,
            about=(command.help or "").split("\n\n")[0],
            rows="\n".join(_row(option) for option in options_of(command)),
        )
        for command in (run, serve)
    )


def _row(option: click.Option) -> str:
    variable = option.envvar or f"ESPALIER_{option.opts[0].lstrip('-').replace('-', '_').upper()}"
    return f"| `{option.opts[0]}` | `{variable}` | {default(option)} | {meaning(option)} |"

"""The reference of `espalier run`: docs/reference/operator-flags.md."""

from __future__ import annotations

import click

from espalier.cli.run import command
from espalier.generate.markdown import NOTE
from espalier.generate.option_rows import default, meaning, options_of

_HEAD = """{note}
# `espalier run`

{about}

A flag on the command line comes before its environment variable. The Helm chart sets what it needs
through the environment; anything else goes into its value `extraEnv`.

| flag | environment | default | meaning |
| --- | --- | --- | --- |
"""


def flags_page() -> str:
    """Write the reference of `espalier run`, in Markdown."""
    about = (command.help or "").split("\n\n")[0]
    rows = [_row(option) for option in options_of(command)]
    return _HEAD.format(note=NOTE, about=about) + "\n".join(rows) + "\n"


def _row(option: click.Option) -> str:
    variable = option.envvar or f"ESPALIER_{option.opts[0].lstrip('-').replace('-', '_').upper()}"
    return f"| `{option.opts[0]}` | `{variable}` | {default(option)} | {meaning(option)} |"

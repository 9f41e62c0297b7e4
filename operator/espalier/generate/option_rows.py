"""The options of commands, as the generated pages list them."""

from __future__ import annotations

from inspect import cleandoc

import click


def about(command: click.Command) -> str:
    """Return what a command says of itself, as it shows it."""
    return cleandoc(command.help or "").replace("\b\n", "")


def options_of(command: click.Command) -> list[click.Option]:
    """Return the options of a command in the order in which it lists them."""
    return [option for option in command.params if isinstance(option, click.Option)]


def option_rows(command: click.Command) -> str:
    """Return the lines of a table: each option's names, default and meaning."""
    return "\n".join(
        f"| `{'`, `'.join([*option.opts, *option.secondary_opts])}` | {default(option)} | "
        f"{meaning(option)} |"
        for option in options_of(command)
    )


def meaning(option: click.Option) -> str:
    """Return what an option says of itself, and the values of which it takes one."""
    kind = option.type
    if not isinstance(kind, click.Choice):
        return option.help or ""
    one_of = ", ".join(f"`{each}`" for each in kind.choices if each)
    return f"{option.help or ''} One of {one_of}."


def default(option: click.Option) -> str:
    """Return an option's default, or nothing where it has none that says anything."""
    # What has no default says so with a sentinel of click's, which is none of these types.
    known = isinstance(option.default, str | int | float) and option.default != ""
    return f"`{option.default}`" if known and not option.multiple else ""

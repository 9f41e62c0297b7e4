"""`espalier completion`: what a shell needs to complete commands, options and names of studies."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ESPALIER_COMPLETE"
"""By it the shell's function asks for what a word could be."""


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print a script by which SHELL completes `espalier`: commands, options, names of studies.

    `kubectl espalier` is completed by kubectl's own completion, which asks
    kubectl_complete-espalier: it is installed with espalier, beside kubectl-espalier.

    \b
    Examples:
      eval "$(espalier completion bash)"
      espalier completion zsh > ~/.zfunc/_espalier
      espalier completion fish > ~/.config/fish/completions/espalier.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    from espalier.cli.main import main

    click.echo(kind(main, {}, "espalier", VARIABLE).source())


def for_kubectl() -> None:
    """Print what the last word could be, in the form in which kubectl asks its plug-ins."""
    import sys

    from click.shell_completion import ShellComplete

    from espalier.cli.main import main

    *words, incomplete = sys.argv[1:] or [""]
    completed = ShellComplete(main, {}, "espalier", VARIABLE).get_completions(words, incomplete)
    for each in completed:
        if each.type == "plain":
            click.echo(f"{each.value}\t{each.help}" if each.help else each.value)
    files = any(each.type in ("file", "dir") for each in completed)
    click.echo(":0" if files else ":4")  # cobra's: files as well, or nothing else

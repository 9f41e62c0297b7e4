"""The command `espalier`, also reachable as `kubectl espalier`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from espalier import __version__

COMMANDS = {
    "run": "espalier.cli.run",
    "serve": "espalier.cli.serve",
    "collect": "espalier.cli.collect",
    "export": "espalier.cli.export",
    "import": "espalier.cli.import_",
    "watch": "espalier.cli.watch",
    "prune": "espalier.cli.hands.prune",
    "keep": "espalier.cli.hands.keep",
    "exempt": "espalier.cli.hands.exempting",
    "suspend": "espalier.cli.hands.suspend",
    "resume": "espalier.cli.hands.resume",
    "stop": "espalier.cli.hands.stop",
    "extend": "espalier.cli.hands.extend",
    "recommend": "espalier.cli.recommend",
    "replay": "espalier.cli.replay",
    "backtest": "espalier.cli.backtest",
    "backup": "espalier.cli.backup",
    "restore": "espalier.cli.restore",
}
"""Name of each command and the module that holds it; modules are imported only when needed."""


class LazyGroup(click.Group):
    """A group whose commands are imported at their first use, so that `--help` stays quick.

    Whatever a command raises ends in words, see `espalier.cli.boundary`.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command called `cmd_name`, or return None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, whose errors end in one line and an exit code."""
        from espalier.cli.boundary import in_words

        with in_words():
            return super().invoke(ctx)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="espalier")
def main() -> None:
    """Prune hyperparameter-tuning jobs on Kubernetes."""


if __name__ == "__main__":
    main()

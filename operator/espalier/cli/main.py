"""The command `espalier`, also reachable as `kubectl espalier`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from espalier import __version__

COMMANDS = {
    "run": "espalier.cli.run",
    "serve": "espalier.cli.serve",
    "status": "espalier.cli.status",
    "top": "espalier.cli.top",
    "trials": "espalier.cli.trials",
    "curves": "espalier.cli.curves",
    "ui": "espalier.cli.ui",
    "explain": "espalier.cli.explain",
    "logs": "espalier.cli.trainer_log",
    "init": "espalier.cli.init",
    "validate": "espalier.cli.validate",
    "prune": "espalier.cli.hands.prune",
    "keep": "espalier.cli.hands.keep",
    "exempt": "espalier.cli.hands.exempting",
    "suspend": "espalier.cli.hands.suspend",
    "resume": "espalier.cli.hands.resume",
    "stop": "espalier.cli.hands.stop",
    "extend": "espalier.cli.hands.extend",
    "watch": "espalier.cli.watch",
    "collect": "espalier.cli.collect",
    "export": "espalier.cli.export",
    "import": "espalier.cli.import_",
    "recommend": "espalier.cli.recommend",
    "replay": "espalier.cli.replay",
    "backtest": "espalier.cli.backtest",
    "backup": "espalier.cli.backup",
    "restore": "espalier.cli.restore",
    "completion": "espalier.cli.completion",
}
"""Name of each command and the module that holds it; modules are imported only when needed."""


class LazyGroup(click.Group):
    """A group whose commands are imported at their first use, so that `--help` stays quick.

    Whatever a command raises ends in words, see `espalier.cli.boundary`.
    """

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run, and be called in usages what the person has called."""
        return super().main(args, prog_name or called(), **extra)

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


def called() -> str:
    """Return by which name this was called: kubectl calls a plug-in by a name of its own."""
    name = os.path.basename(sys.argv[0] if sys.argv else "")
    return "kubectl espalier" if name.startswith("kubectl-espalier") else "espalier"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="espalier")
def main() -> None:
    """Prune hyperparameter-tuning jobs on Kubernetes.

    What shows a study needs nothing but a kubeconfig, and takes -n and --context as kubectl does; a
    study is named by NAME or NAMESPACE/NAME. `espalier` and `kubectl espalier` are the same.

    \b
    Examples:
      kubectl espalier top -A
      kubectl espalier status digits --watch
      kubectl espalier trials digits --sort value --limit 10
      kubectl espalier curves digits
      kubectl espalier ui digits

    \b
    Exit codes:
      0    it is done
      1    it is done, and the answer is no: the study failed, or decisions differ
      2    it could not be done; one line on standard error says why, and what to do
      130  it was interrupted
      141  nobody read its output any more
    """


if __name__ == "__main__":
    main()

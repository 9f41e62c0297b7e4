"""`espalier ui`: the page of a study, in a browser, with a kubeconfig's rights."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import webbrowser

import click

from espalier.cli.asking.options import Whom, read_options, study_argument
from espalier.kube import Forwarding


async def serve(study: str | None, given: Whom, port: int, opening: bool) -> None:
    """Serve the page until somebody interrupts."""
    path = "/"
    async with await given.read_api() as connection:
        if study is not None:
            name = given.study(study)
            below = f"{name.namespace}/studies/{name.name}"
            await connection.get(f"/v1/namespaces/{below}")  # what is wrong is said here
            path = f"/studies/{name.namespace}/{name.name}"
        server = Forwarding(connection)
        await server.start(port)
        try:
            address = server.address(path)
            click.echo(address)
            click.echo("It is yours alone; Ctrl-C ends it.", err=True)
            if opening and not await asyncio.to_thread(webbrowser.open, address):
                click.echo("There is no browser here: open the address above.", err=True)
            await _interrupted()
        finally:
            await server.stop()


async def _interrupted() -> None:
    """Wait until somebody wants it to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not everywhere are there signals
            loop.add_signal_handler(number, stop.set)
    await stop.wait()


@click.command("ui")
@study_argument
@read_options
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port on this machine; a free one if not given.",
)
@click.option("--no-open", is_flag=True, help="Print the address, and open no browser.")
def command(study: str | None, given: Whom, port: int, no_open: bool) -> None:
    """Open the page of STUDY (NAME or NAMESPACE/NAME), or without it the list of all studies.

    A server on this machine passes the page's questions on to the read API with the kubeconfig's
    rights, until it is interrupted. It listens on 127.0.0.1 alone, and its address has a secret:
    who knows it sees what you may see.

    \b
    Examples:
      kubectl espalier ui digits
      kubectl espalier ui ml/digits --no-open --port 8080
    """
    asyncio.run(serve(study, given, port, not no_open))

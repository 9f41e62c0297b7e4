"""`espalier serve`: the read API, beside the operator."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.logs import set_up_logging
from espalier.cli.server_flags import (
    kubeconfig_flag,
    log_format_flag,
    log_level_flag,
    own_namespace_flag,
)
from espalier.process.reader import ReaderOptions, run_reader


@click.command(
    "serve",
    context_settings={"auto_envvar_prefix": "ESPALIER", "show_default": True},
)
@kubeconfig_flag
@click.option(
    "--namespaces",
    default="",
    help="Namespaces whose Studies the operator runs, with commas between; empty: all.",
    show_envvar=True,
)
@own_namespace_flag
@click.option(
    "--ca-secret",
    default="",
    help="Secret of that namespace in which the operator's CA is kept; empty: a new CA at each "
    "start.",
    show_envvar=True,
)
@click.option(
    "--store",
    default="sqlite:////var/lib/espalier/espalier.db",
    help="The operator's store, which is only read.",
    show_envvar=True,
)
@click.option(
    "--read-port",
    type=click.IntRange(0, 65535),
    default=8444,
    help="Port on which questions are answered (HTTPS).",
    show_envvar=True,
)
@click.option(
    "--read-url",
    default="https://espalier-read.espalier-system.svc:8444",
    help="Address of that port in the cluster.",
    show_envvar=True,
)
@click.option(
    "--certificates",
    type=click.BOOL,
    default=False,
    help="Take client certificates of the cluster's; the CA that vouches for them is read in "
    "kube-system.",
    show_envvar=True,
)
@log_level_flag
@log_format_flag
def command(
    kubeconfig: str | None,
    namespaces: str,
    own_namespace: str,
    ca_secret: str,
    store: str,
    read_port: int,
    read_url: str,
    certificates: bool,
    log_level: str,
    log_format: str,
) -> None:
    """Serve the read API and the pages of studies until SIGTERM; the store is only read.

    The chart runs it in a container of its own in the operator's pod. Who asks shows a token of the
    cluster's, and sees the studies that he may `get` there.
    """
    set_up_logging(log_level, as_json=log_format == "json")
    options = ReaderOptions(
        kubeconfig,
        own_namespace,
        ca_secret,
        store,
        read_port,
        read_url,
        namespaces=tuple(filter(None, namespaces.split(","))),
        certificates=certificates,
    )
    asyncio.run(run_reader(options))

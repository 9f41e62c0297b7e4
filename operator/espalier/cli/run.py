"""`espalier run`: the operator's flags, each also an environment variable."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from espalier.api import ResourcesSpec, parse_resources
from espalier.api.checks.template import MOST_BYTES
from espalier.cli.limit_flags import limit_flags, limits_of
from espalier.cli.logs import set_up_logging
from espalier.cli.patience_flags import patience_flags, patience_of
from espalier.cli.price_flags import price_flags, price_of
from espalier.cli.server_flags import (
    kubeconfig_flag,
    log_format_flag,
    log_level_flag,
    own_namespace_flag,
)
from espalier.errors import InputError, SpecError
from espalier.planning import HOST_FIELDS
from espalier.planning.world.settings import RESOURCES
from espalier.process.operator import run_operator
from espalier.process.options import Options

EPILOG = """\b
In a cluster the Helm chart sets all of these. To try the operator out of a cluster:
  espalier run --kubeconfig ~/.kube/config --store sqlite:////tmp/espalier.db \\
    --ingest-url https://ADDRESS-THAT-PODS-REACH:8443 --sidecar-image IMAGE
Trials' pods must be able to reach the ingest URL; it is served on --ingest-port.
"""


def _names(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _resources(_: click.Context, __: click.Parameter, value: str) -> ResourcesSpec:
    try:
        found = json.loads(value)
        return parse_resources({} if found is None else found)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"expected JSON, got {value!r} ({error})") from error
    except SpecError as error:
        raise click.BadParameter(str(error)) from error


@click.command(
    "run",
    epilog=EPILOG,
    context_settings={"auto_envvar_prefix": "ESPALIER", "show_default": True},
)
@kubeconfig_flag
@click.option(
    "--namespaces",
    default="",
    callback=_names,
    help="Namespaces to look after, separated by commas; empty: all.",
    show_envvar=True,
)
@own_namespace_flag
@click.option(
    "--identity",
    default="",
    help="Name by which this operator holds the Leases of namespaces, the same after a restart "
    "over the same store; empty: host name and store.",
    show_envvar=True,
)
@click.option(
    "--lease-seconds",
    type=click.IntRange(3, 300),
    default=60,
    help="How long another operator leaves a namespace alone after this one's last sign of life; "
    "a sign is given every third of it.",
    show_envvar=True,
)
@click.option(
    "--ca-secret",
    default="",
    help="Secret of that namespace in which the ingest's CA is kept; empty: a new CA at each start "
    "(running trials then cannot report any more).",
    show_envvar=True,
)
@click.option(
    "--store",
    default="sqlite:////var/lib/espalier/espalier.db",
    help="Where values, decisions and endings are kept; on a local or block volume.",
    show_envvar=True,
)
@click.option(
    "--keep-closed-hours",
    type=click.FloatRange(min=0),
    default=168.0,
    help="How long rows of a Study that was deleted stay; they come back with it until then. 0: "
    "they go at once.",
    show_envvar=True,
)
@click.option(
    "--ingest-port",
    type=click.IntRange(0, 65535),
    default=8443,
    help="Port on which reports are taken (HTTPS).",
    show_envvar=True,
)
@click.option(
    "--ingest-url",
    default="https://espalier.espalier-system.svc:8443",
    help="Address of that port as trials' pods reach it.",
    show_envvar=True,
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    default=9090,
    help="Port of /metrics, /livez and /readyz (HTTP).",
    show_envvar=True,
)
@click.option(
    "--sidecar-image",
    default="localhost/espalier-sidecar:latest",
    help="Image of the container that is added to each trial's pod.",
    show_envvar=True,
)
@click.option(
    "--sidecar-pull-policy",
    type=click.Choice(["", "Always", "IfNotPresent", "Never"]),
    default="",
    help="Its imagePullPolicy; empty: as the cluster decides.",
    show_envvar=True,
)
@click.option(
    "--sidecar-resources",
    default=json.dumps(RESOURCES.to_dict()),
    callback=_resources,
    help="Its requests and limits, as JSON, where a Study does not set them (spec.sidecar); {}: "
    "none.",
    show_envvar=True,
)
@click.option(
    "--allow-template-field",
    "allowed",
    multiple=True,
    type=click.Choice(sorted(HOST_FIELDS)),
    help="What a Study's template may use although it reaches out of the pod; may be repeated.",
    show_envvar=True,
    envvar="ESPALIER_ALLOW_TEMPLATE_FIELD",
)
@click.option(
    "--template-bytes",
    type=click.IntRange(min=1),
    default=MOST_BYTES,
    help="Largest size of a Study's template as JSON: each trial's Job and pod hold a copy.",
    show_envvar=True,
)
@click.option(
    "--qps",
    type=click.FloatRange(min=0, min_open=True),
    default=50.0,
    help="Requests a second to the API server, on average.",
    show_envvar=True,
)
@click.option(
    "--burst",
    type=click.IntRange(min=1),
    default=100,
    help="Requests that may be sent at once.",
    show_envvar=True,
)
@click.option(
    "--ingest-connections",
    type=click.IntRange(min=64),
    default=4096,
    help="Connections to the ingest port at the same time; a running trial keeps one.",
    show_envvar=True,
)
@click.option(
    "--token-review-qps",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    help="TokenReviews a second, on average, apart from --qps; they are made only where the API "
    "server's keys do not tell.",
    show_envvar=True,
)
@limit_flags
@click.option(
    "--resync-seconds",
    type=click.FloatRange(min=1),
    default=60.0,
    help="Time between two lists of everything, which find what a watch has missed.",
    show_envvar=True,
)
@patience_flags
@click.option(
    "--proposal-seconds",
    type=click.FloatRange(min=1),
    default=60.0,
    help="How long a sampler may take to choose a trial's parameters; then its process is ended, "
    "and they are drawn at random.",
    show_envvar=True,
)
@click.option(
    "--max-parallelism",
    type=click.IntRange(min=1),
    default=1000,
    help="How many trials of one study run at once at most, whatever the Study asks for.",
    show_envvar=True,
)
@price_flags
@log_level_flag
@log_format_flag
def command(log_level: str, log_format: str, **options: Any) -> None:
    """Run the operator: start trials, take their reports, prune, until SIGTERM.

    Each flag is also an environment variable, whose name stands behind it.
    """
    set_up_logging(log_level, as_json=log_format == "json")
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            values, price = limits_of(options), price_of(options)
            patience = patience_of(options)
            found = Options(values=values, price=price, patience=patience, **options)
            runner.run(run_operator(found))
    except InputError as error:
        click.echo(f"espalier run: {error}", err=True)
        sys.exit(2)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where it is installed: a report then costs a tenth less."""
    if find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return factory

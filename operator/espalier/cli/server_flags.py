"""The flags that the operator and the reader beside it have in common."""

from __future__ import annotations

import click

kubeconfig_flag = click.option(
    "--kubeconfig",
    type=click.Path(exists=True, dir_okay=False),
    default=None,
    help="Kubeconfig file; without it, the service account of the pod this runs in.",
    show_envvar=True,
)
own_namespace_flag = click.option(
    "--own-namespace",
    default="espalier-system",
    help="Namespace of the operator's own objects.",
    show_envvar=True,
)
log_level_flag = click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    default="info",
    help="Least severe level that is logged.",
    show_envvar=True,
)
log_format_flag = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="One line of text, or one JSON object, for each message.",
    show_envvar=True,
)

"""How to reach an API server, and as whom: a kubeconfig file, or the pod that this runs in."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes.aio import client, config

from espalier.errors import UsageError


async def api_client(kubeconfig: str | None, context: str | None = None) -> client.ApiClient:
    """Return a client of the API server that a kubeconfig names, or of the pod's own.

    Parameters
    ----------
    kubeconfig
        A file, or several with a colon between them, as in the variable of kubectl.
    context
        One of its contexts; the present one if None.

    Raises
    ------
    UsageError
        If there is no such file, it cannot be used, or this process runs in no pod.
    """
    settings = client.Configuration()
    if kubeconfig:
        await _load(kubeconfig, context, settings)
    else:
        _load_from_pod(settings)
    settings.retries = None
    try:
        return client.ApiClient(configuration=settings)
    except Exception as error:  # certificates are read here
        raise _unusable(kubeconfig, error) from error


def own_namespace(kubeconfig: str, context: str | None = None) -> str | None:
    """Return the namespace of a context, the present one if None; None where it has none."""
    known, present = _contexts(kubeconfig)
    try:
        chosen = present if context is None else known[context]
        found = chosen["context"].get("namespace")
    except Exception:  # what is wrong with the file is said where it is used to connect
        return None
    return found if isinstance(found, str) and found else None


def token_of(api: client.ApiClient) -> str | None:
    """Return the token that somebody logs in with; None where it is a certificate alone."""
    kind, _, token = str(api.configuration.api_key.get("BearerToken") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def _contexts(kubeconfig: str) -> tuple[dict[str, Any], Any]:
    """Return a kubeconfig's contexts by name, and the present one; nothing where it has none."""
    paths = _paths(kubeconfig)
    if not any(map(os.path.exists, paths)):
        return {}, None
    try:
        known, present = config.list_kube_config_contexts(  # type: ignore[no-untyped-call]
            config_file=os.pathsep.join(paths)
        )
        return {each["name"]: each for each in known}, present
    except Exception:  # what is wrong with the file is said where it is used to connect
        return {}, None


async def _load(kubeconfig: str, context: str | None, settings: client.Configuration) -> None:
    paths = _paths(kubeconfig)
    if not any(map(os.path.exists, paths)):
        raise UsageError(
            "--kubeconfig",
            f"expected a kubeconfig, there is no file {kubeconfig}; give its path, or set "
            "KUBECONFIG",
        )
    known, _ = _contexts(kubeconfig)
    if context is not None and known and context not in known:
        raise UsageError(
            "--context", f"expected one of {', '.join(map(str, known))}, got {context}"
        )
    try:
        with _heard() as said:
            await config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=os.pathsep.join(paths), context=context, client_configuration=settings
            )
    except Exception as error:  # of many kinds: the file may hold anything
        raise _unusable(kubeconfig, error) from error
    if said and not (settings.api_key.get("BearerToken") or settings.cert_file):
        raise UsageError(
            "--kubeconfig",
            f"expected credentials, the command that your kubeconfig names for them gave none "
            f"({' '.join(' '.join(said).split())[:300]}); run it by hand, or log in again",
        )
    if not str(settings.host).startswith(("http://", "https://")):
        raise _unusable(kubeconfig, ValueError(f"its server is {settings.host!r}, no https://…"))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Give what our library says of a command for credentials that fails: it only logs it."""
    said: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger(config.kube_config.__name__)
    logger.addHandler(handler)
    was, logger.propagate = logger.propagate, False
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.propagate = was


def _paths(kubeconfig: str) -> list[str]:
    return [os.path.expanduser(path) for path in kubeconfig.split(os.pathsep) if path]


def _load_from_pod(settings: client.Configuration) -> None:
    try:
        config.load_incluster_config(  # type: ignore[no-untyped-call]
            client_configuration=settings
        )
    except Exception as error:
        raise UsageError(
            "--kubeconfig",
            f"expected to run in a pod with a service account ({error}); out of a cluster give a "
            "kubeconfig",
        ) from error
    # The API server of a pod's own cluster is behind no proxy, whatever variables say.
    settings.client_session_kwargs = {"trust_env": False}


def _unusable(kubeconfig: str | None, error: Exception) -> UsageError:
    said = " ".join(str(error).split())[:300]
    if not said or isinstance(error, LookupError | TypeError | AttributeError):
        said = "it has not the form of one"  # these say what our library tried, not what is there
    return UsageError(
        "--kubeconfig",
        f"expected a kubeconfig that can be used, got {kubeconfig or 'that of the pod'} ({said}); "
        "see what `kubectl config view` says of it",
    )

"""Samplers by name: ours, which a Study chooses by `type`, and those that other packages offer."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from espalier.search.samplers.auto import AutoSampler
from espalier.search.samplers.base import Sampler, SamplerError
from espalier.search.samplers.cma_es import CmaEs
from espalier.search.samplers.gp import GP
from espalier.search.samplers.grid import Grid
from espalier.search.samplers.random import Random
from espalier.search.samplers.sobol import Sobol
from espalier.search.samplers.tpe import TPE

GROUP = "espalier.samplers"
"""The entry points under which other packages offer samplers."""

SAMPLERS: Mapping[str, type[Sampler]] = {
    kind.name: kind
    for kind in (
        Random,
        Grid,
        Sobol,
        TPE,
        CmaEs,
        GP,
        AutoSampler,
    )
}
"""In the order in which the CRD names them; the first is the default."""


def make_sampler(name: str, settings: Mapping[str, Any]) -> Sampler:
    """Make a sampler of this name, ours or installed; a plug-in cannot replace one of ours.

    Parameters
    ----------
    settings
        As the class names them.

    Raises
    ------
    SamplerError
        If there is none of this name, it cannot be loaded, or it does not take the settings.
    """
    kind = SAMPLERS[name] if name in SAMPLERS else _installed(name)
    try:
        made = kind(**settings)
    except SamplerError:
        raise
    except Exception as error:  # a plug-in's own constructor may raise anything
        raise SamplerError(f"{name}: expected settings that it takes, got: {error}") from error
    if not isinstance(made, Sampler):
        raise SamplerError(f"{name}: expected a subclass of espalier.search.Sampler, got {kind!r}")
    return made


def _installed(name: str) -> type[Sampler]:
    for entry in entry_points(group=GROUP, name=name):
        try:
            return entry.load()  # type: ignore[no-any-return]
        except Exception as error:  # importing a plug-in may raise anything
            raise SamplerError(
                f"{name}: expected a sampler that can be loaded from {entry.value}, got: "
                f"{type(error).__name__}: {error}; install what it needs beside the operator"
            ) from error
    installed = sorted({entry.name for entry in entry_points(group=GROUP)})
    raise SamplerError(
        f"expected the name of an installed sampler ({', '.join(installed) or 'there is none'}), "
        f"got {name!r}; install it beside the operator, under the entry point {GROUP}"
    )

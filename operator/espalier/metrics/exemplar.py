"""Which trial a measured time was of: an exemplar beside a bucket of a histogram."""

from __future__ import annotations

from functools import lru_cache

MOST = 128
"""So many characters may the names and values of an exemplar's labels have, by OpenMetrics."""


@lru_cache(maxsize=4096)
def exemplar_of(trial: str) -> dict[str, str] | None:
    """Return the labels that name a trial; the same object for the same trial, to be read alone.

    Parameters
    ----------
    trial
        Its namespace and name, as ``NAMESPACE/NAME``; empty where it is not known.

    Returns
    -------
    dict or None
        Without the namespace where that would be too long, and None where the name alone is.
    """
    namespace, _, name = trial.rpartition("/")
    for labels in ({"namespace": namespace, "trial": name}, {"trial": name}):
        if name and sum(map(len, labels)) + sum(map(len, labels.values())) <= MOST:
            return labels
    return None

"""Why something cannot be created for now though it is as it should be."""

from __future__ import annotations

from espalier.errors import RetryLater


class NameTaken(RetryLater):
    """Another's object has the name: it is waited for until that is gone."""


class QuotaFull(RetryLater):
    """A quota of the namespace is used up: there may be room later."""

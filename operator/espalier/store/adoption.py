"""Rows of a backup that a Study takes over which is another object, with another uid."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from espalier.api.judging import JudgeSettings, closed_as_in
from espalier.store import schema

_LOG = logging.getLogger(__name__)
AWAITED = "restored from a backup, awaits a Study of its name"
"""Proof of closure of rows that the next Study of their namespace and name takes over."""
_MAY_CHANGE = frozenset({"trials", "uid", "clamps", "edition"})
"""Settings in which the two Studies may differ: the judge's stays built with the uid that it was
built with, since exempt trials hang on it, and as the version that began it judged."""


def adopted(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Give the rows that await a Study of this namespace and name to it, if they are its own.

    They are, where one study alone awaits it, and was judged by the same settings.

    Parameters
    ----------
    values : mapping
        The columns of the new study.
    """
    studies = schema.studies
    named = (studies.c.namespace == values["namespace"]) & (studies.c.name == values["name"])
    waiting = named & (studies.c.closed_proof == AWAITED) & studies.c.purged_at.is_(None)
    rows = connection.execute(select(studies).where(waiting)).all()
    where = f"{values['namespace']}/{values['name']}"
    if len(rows) != 1:
        if rows:
            _LOG.warning("store: %d studies of a backup await %s: none is taken", len(rows), where)
        return False
    (row,) = rows
    # Earlier versions wrote them otherwise.
    old = JudgeSettings.from_dict(json.loads(row.settings), row.uid).to_dict()
    new = json.loads(values["settings"])
    edition = old["edition"]
    differ = [
        key
        for key in sorted((old.keys() | new.keys()) - _MAY_CHANGE)
        if _compared(old, key, edition) != _compared(new, key, edition)
    ]
    if differ:
        _LOG.warning(
            "store: the rows of a backup that await %s are not taken: it differs in %s; make it as "
            "it was, or use another name",
            where,
            ", ".join(differ),
        )
        return False
    settings = json.dumps(old)
    back = {
        "uid": values["uid"],
        "settings": settings,
        "closed_at": None,
        "closed_proof": None,
        "revision": studies.c.revision + 1,
    }
    connection.execute(update(studies).where(studies.c.id == row.id).values(**back))
    _LOG.warning("store: %s takes over the rows of Study %s out of a backup", where, row.uid)
    return True


def _compared(settings: Mapping[str, Any], key: str, edition: int) -> Any:
    """Return a setting; where a Study leaves parts of it out, as studies of the edition had it."""
    value = settings.get(key)
    return closed_as_in(edition, value) if key == "pruning" and value is not None else value

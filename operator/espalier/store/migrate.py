"""Bring a database to the schema of this code, or refuse one that is newer."""

from __future__ import annotations

import logging

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from espalier.errors import UsageError

_LOG = logging.getLogger(__name__)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "espalier.store:migrations")
    return config


def current(connection: Connection) -> str | None:
    """Return the schema's number in the database, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(connection: Connection) -> None:
    """Run the steps that the database lacks, in one transaction of the caller's.

    Raises
    ------
    UsageError
        If the database was written by a newer Espalier.
    """
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    head, found = scripts.get_current_head(), current(connection)
    if found == head:
        return
    if found is not None and found not in known:
        raise UsageError(
            "--store",
            f"its schema is {found}, the newest that this version of Espalier knows is {head}; "
            "run the version that wrote it, or a newer one",
        )
    _LOG.info("store: migrating the schema from %s to %s", found or "nothing", head)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _LOG.info("store: the schema is %s", head)

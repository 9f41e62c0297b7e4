"""Names of metrics as training code has them: up to 250 characters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BEFORE, _AFTER = "metric VARCHAR(63)", "metric VARCHAR(250)"


def upgrade() -> None:
    """Go to this schema."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.alter_column("observations", "metric", type_=sa.String(250), existing_nullable=False)
        return
    # SQLite holds nobody to a length, so that only what the table says of itself changes: to copy
    # the largest table would take as much room again (https://sqlite.org/lang_altertable.html,
    # section 7, on changes that leave the content as it is).
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) "
        "WHERE type = 'table' AND name = 'observations'",
        (_BEFORE, _AFTER),
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {int(version) + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")

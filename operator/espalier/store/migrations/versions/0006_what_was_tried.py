"""What was tried: the trials as they were made, and the Study's spec; and names that are true."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_RENAMED = (
    ("ends", "generation", "template"),
    ("studies", "deleted_at", "closed_at"),
    ("changes", "settings", "restraint"),
)


def upgrade() -> None:
    """Go to this schema."""
    for table, before, after in _RENAMED:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}")
    # What was saved is told by all trials of a study together; nobody has read this for long.
    op.execute("ALTER TABLE ends DROP COLUMN gpu_seconds_saved")
    op.create_table(
        "trials",
        sa.Column("study", sa.Integer(), sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(253), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("template", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double()),
        sa.PrimaryKeyConstraint("study", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "specs",
        sa.Column("study", sa.Integer(), sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("template", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("study", "template"),
        sqlite_with_rowid=False,
    )

"""What trials were to run, stored before they are made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "proposals",
        sa.Column("study", sa.Integer, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("trial", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("parameters", sa.Text),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("redrawn", sa.Integer, nullable=False),
        sa.Column("repeats", sa.Boolean, nullable=False),
        sa.Column("besides", sa.Text, nullable=False),
        sa.Column("versions", sa.String(250), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("branches", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("study", "trial"),
        sqlite_with_rowid=False,
    )

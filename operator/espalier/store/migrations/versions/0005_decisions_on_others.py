"""Decisions on other trials than the one whose value led to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "decisions_on_others",
        sa.Column("study", sa.Integer(), sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("shadow", sa.String(63), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(63), nullable=False),
        sa.Column("rung", sa.Integer()),
        sa.Column("bracket", sa.Integer()),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("study", "seq", "shadow", "trial"),
        sqlite_with_rowid=False,
    )
    acting_prune = sa.text("shadow = '' AND action = 'Prune'")
    op.create_index(
        "one_prune_by_others",
        "decisions_on_others",
        ["study", "trial"],
        unique=True,
        sqlite_where=acting_prune,
        postgresql_where=acting_prune,
    )

"""Ended studies are known without their judge, closed ones are kept for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("studies", sa.Column("sampled", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("studies", sa.Column("closed_proof", sa.Text(), nullable=True))
    op.add_column("studies", sa.Column("purged_at", sa.Double(), nullable=True))
    op.add_column("studies", sa.Column("summary", sa.Text(), nullable=True))
    # What an earlier version deleted may have lost some of its rows already.
    op.execute("UPDATE studies SET purged_at = deleted_at WHERE deleted_at IS NOT NULL")
    op.create_index("observations_in_order", "observations", ["study", "seq"])
    op.create_table(
        "figures",
        sa.Column("study", sa.Integer(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("latest", sa.Double(), nullable=True),
        sa.Column("best", sa.Double(), nullable=True),
        sa.Column("best_step", sa.BigInteger(), nullable=True),
        sa.Column("decided_attempt", sa.Integer(), nullable=True),
        sa.Column("decided_step", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=63), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=True),
        sa.Column("bracket", sa.Integer(), nullable=True),
        sa.Column("rule", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["study"], ["studies.id"]),
        sa.PrimaryKeyConstraint("study", "trial"),
        sqlite_with_rowid=False,
    )

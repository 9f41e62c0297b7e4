"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("namespace", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "attempts",
        sa.Column("study", sa.Integer(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("pod_uid", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["studies.id"]),
        sa.PrimaryKeyConstraint("study", "trial", "attempt"),
        sa.UniqueConstraint("study", "trial", "pod_uid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decisions",
        sa.Column("study", sa.Integer(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("shadow", sa.String(length=63), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=63), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=True),
        sa.Column("bracket", sa.Integer(), nullable=True),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["studies.id"]),
        sa.PrimaryKeyConstraint("study", "trial", "attempt", "step", "shadow"),
        sqlite_with_rowid=False,
    )
    acting_prune = sa.text("shadow = '' AND action = 'Prune'")
    op.create_index(
        "one_prune_a_trial",
        "decisions",
        ["study", "trial"],
        unique=True,
        sqlite_where=acting_prune,
        postgresql_where=acting_prune,
    )

    op.create_table(
        "ends",
        sa.Column("study", sa.Integer(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=63), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("gpu_seconds", sa.Double(), nullable=False),
        sa.Column("gpu_seconds_saved", sa.Double(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["studies.id"]),
        sa.PrimaryKeyConstraint("study", "trial"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "observations",
        sa.Column("study", sa.Integer(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=63), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["studies.id"]),
        sa.PrimaryKeyConstraint("study", "trial", "attempt", "metric", "step"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rules",
        sa.Column("study", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("pruner", sa.String(length=63), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["studies.id"]),
        sa.PrimaryKeyConstraint("study", "rule"),
        sqlite_with_rowid=False,
    )

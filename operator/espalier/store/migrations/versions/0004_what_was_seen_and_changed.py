"""What was seen of attempts, what a trial held, and changes of what a study is judged by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("ends", sa.Column("held", sa.Double(), nullable=False, server_default="0"))
    op.add_column("ends", sa.Column("pace", sa.Double()))
    op.create_table(
        "sightings",
        sa.Column("study", sa.Integer(), sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("pod", sa.String(253), nullable=False),
        sa.Column("job_uid", sa.String(64), nullable=False),
        sa.Column("gpus", sa.Double(), nullable=False),
        sa.Column("held", sa.Double(), nullable=False),
        sa.Column("ran", sa.Double(), nullable=False),
        sa.Column("disruption", sa.String(63), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("exit_reason", sa.String(63), nullable=False),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("study", "trial", "attempt"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "changes",
        sa.Column("study", sa.Integer(), sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("study", "seq"),
        sqlite_with_rowid=False,
    )

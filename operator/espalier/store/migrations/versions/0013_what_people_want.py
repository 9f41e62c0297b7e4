"""What people want of single trials: to prune them, to keep them, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("changes", sa.Column("wishes", sa.Text))

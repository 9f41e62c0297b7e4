"""What a trial was recorded with first, where a person has made it anew as something else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("trials", sa.Column("told", sa.Text))

"""How often a study was written to, so that a reader can tell cheaply whether anything is new."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column(
        "studies", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0")
    )

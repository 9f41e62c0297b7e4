"""How many bytes a study's rows take is kept with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BYTES_A_VALUE = 250


def upgrade() -> None:
    """Go to this schema."""
    op.add_column(
        "studies", sa.Column("bytes", sa.BigInteger(), nullable=False, server_default="0")
    )
    # What earlier versions stored is estimated by the number of values, decisions included.
    last = "SELECT max(seq) FROM observations WHERE observations.study = studies.id"
    op.execute(f"UPDATE studies SET bytes = {_BYTES_A_VALUE} * coalesce(({last}), 0)")

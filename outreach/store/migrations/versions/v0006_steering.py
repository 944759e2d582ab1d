"""Who paused a wave, since when, and who cancelled it; with which account a call was made."""

import sqlalchemy as sa
from alembic import op

from outreach.store.types import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables; of calls and waves from before nobody knows it."""
    op.add_column("attempt", sa.Column("account", sa.String(), server_default="", nullable=False))
    for name, kind in (("paused_at", Moment()), ("paused_by", sa.String()), ("finished_by", sa.String())):
        op.add_column("wave", sa.Column(name, kind, nullable=True))

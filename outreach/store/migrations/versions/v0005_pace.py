"""When mails may go: parts of a wave, time zones, versions of a text, what a pause is for."""

import sqlalchemy as sa
from alembic import op

from outreach.store.types import Json, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables; what is there already keeps its meaning."""
    with op.batch_alter_table("message") as batch_op:
        batch_op.add_column(sa.Column("version", sa.String(), server_default="", nullable=False))
        batch_op.drop_constraint("uq_message_wave_id_audience_variant", type_="unique")
        batch_op.create_unique_constraint(
            "uq_message_wave_id_audience_variant_version", ["wave_id", "audience", "variant", "version"]
        )
    for name in ("part", "zone", "domain"):
        op.add_column("batch", sa.Column(name, sa.String(), server_default="", nullable=False))
    for name, kind in (
        ("trial", Json),
        ("trial_ends", Moment()),
        ("released_at", Moment()),
        ("verdict", Json),
        ("paused_why", sa.String()),
        ("forgiven", Json),
    ):
        op.add_column("wave", sa.Column(name, kind, nullable=True))
    op.add_column("contact", sa.Column("time_zone", sa.String(), nullable=True))
    op.create_table(
        "spent",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "since", name=op.f("pk_spent")),
    )

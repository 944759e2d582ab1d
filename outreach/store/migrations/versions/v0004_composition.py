"""Messages for one audience alone, pictures, issues of newsletters, batches put off or looked up."""

import sqlalchemy as sa
from alembic import op

from outreach.store.types import Json, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables; what is there already keeps its meaning."""
    with op.batch_alter_table("message") as batch_op:
        batch_op.add_column(sa.Column("audience", sa.String(), server_default="", nullable=False))
        batch_op.drop_constraint("uq_message_wave_id_variant", type_="unique")
        batch_op.create_unique_constraint("uq_message_wave_id_audience_variant", ["wave_id", "audience", "variant"])
    with op.batch_alter_table("content") as batch_op:
        batch_op.add_column(sa.Column("image", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("image_alt", sa.String(), server_default="", nullable=False))
    op.add_column("batch", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("batch", sa.Column("not_before", Moment(), nullable=True))
    op.add_column("batch", sa.Column("looks", sa.Integer(), server_default="0", nullable=False))
    op.add_column("batch", sa.Column("look_at", Moment(), nullable=True))
    op.add_column("wave", sa.Column("event_ends", Moment(), nullable=True))
    op.create_table(
        "picture",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_picture_wave_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_picture")),
    )
    op.create_index("ix_picture_wave", "picture", ["wave_id"])
    op.create_table(
        "issue",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("changes", Json, nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_issue_wave_id")),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_issue")),
        sa.UniqueConstraint("newsletter", "number", name=op.f("uq_issue_newsletter_number")),
    )

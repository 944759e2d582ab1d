"""Consent with its exact words, sign-ups, erasure, retention, and the consents in force kept beside the ledger."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

from outreach.store.types import Json, Key, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IN_FORCE = """
INSERT INTO subscription (contact_id, topic, basis, since)
SELECT consent.contact_id, consent.topic, consent.basis, consent.at
FROM consent
JOIN (SELECT max(id) AS id FROM consent GROUP BY contact_id, topic) AS newest ON newest.id = consent.id
WHERE consent.act = 'given'
"""


def upgrade() -> None:
    """Change the tables and derive the consents in force from the ledger."""
    op.create_table(
        "erased",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_erased")),
    )
    op.create_table(
        "letter",
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("delivery_id", Key, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_letter_delivery_id")),
        sa.UniqueConstraint("form_token", name=op.f("uq_letter_form_token")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index("ix_letter_address_at", ["address", "at"], unique=False)
        batch_op.create_index("ix_letter_network_at", ["network", "at"], unique=False)

    op.create_table(
        "retention",
        sa.Column("id", Key, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("cutoff", Moment(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("oldest", Moment(), nullable=True),
        sa.Column("newest", Moment(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention")),
    )
    op.create_table(
        "signup",
        sa.Column("id", Key, nullable=False),
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("delivery_id", Key, nullable=True),
        sa.Column("topics", Json, nullable=False),
        sa.Column("first_name", sa.String(), server_default="", nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("form_url", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_signup_contact_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_signup_delivery_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("signup", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signup_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signup_requested_at"), ["requested_at"], unique=False)

    op.create_table(
        "subscription",
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_subscription_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", "topic", name=op.f("pk_subscription")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index("ix_subscription_topic_contact", ["topic", "contact_id"], unique=False)

    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("text", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("version", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("requested_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", Moment(), nullable=True))

    with op.batch_alter_table("contact", recreate=_anew(), table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("frequency", sa.String(), nullable=True))
        batch_op.create_index(
            "ix_contact_frequency",
            ["frequency"],
            unique=False,
            postgresql_where=sa.text("frequency IS NOT NULL"),
            sqlite_where=sa.text("frequency IS NOT NULL"),
        )

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause", sa.String(), server_default="", nullable=False))
        batch_op.drop_index(batch_op.f("ix_delivery_contact_id"))
        batch_op.drop_constraint(batch_op.f("uq_delivery_wave_id_contact_id"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_delivery_batch"))
        batch_op.create_index("ix_delivery_batch", ["batch_id"], unique=False)
        batch_op.create_unique_constraint(
            batch_op.f("uq_delivery_wave_id_contact_id_cause"), ["wave_id", "contact_id", "cause"]
        )
        batch_op.drop_constraint(batch_op.f("fk_delivery_wave_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_delivery_batch_id"), type_="foreignkey")

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("province", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("municipality", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("standing", sa.String(), server_default="submitted", nullable=False))
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_constraint("pk_suppression", type_="primary")
        batch_op.create_primary_key("pk_suppression", ["email", "reason"])
    op.execute(IN_FORCE)


def _anew() -> Literal["always", "never"]:
    # only a table made anew gets numbers that are given once; on PostgreSQL they always are
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"

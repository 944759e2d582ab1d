"""The ledger of consent guards itself: its rows are never changed, and go only with the person they are about.

A migration that makes the table `consent` anew (`batch_alter_table` on SQLite) has to make these triggers anew too.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQLITE = (
    """
CREATE TRIGGER consent_never_changed BEFORE UPDATE ON consent
BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only: write a further act instead of changing one'); END
""",
    # where the person is being erased, the contact's row is gone before its consents follow
    """
CREATE TRIGGER consent_never_deleted BEFORE DELETE ON consent
WHEN EXISTS (SELECT 1 FROM contact WHERE id = OLD.contact_id)
BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only: its acts go only with the contact they are about'); END
""",
)

POSTGRESQL = (
    """
CREATE FUNCTION guard_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'the ledger of consent is append-only: write a further act instead of changing one';
  ELSIF EXISTS (SELECT 1 FROM contact WHERE id = OLD.contact_id) THEN
    RAISE EXCEPTION 'the ledger of consent is append-only: its acts go only with the contact they are about';
  END IF;
  RETURN OLD;
END $$
""",
    "CREATE TRIGGER consent_guarded BEFORE UPDATE OR DELETE ON consent FOR EACH ROW EXECUTE FUNCTION guard_consent()",
)


def upgrade() -> None:
    """Put the guard up."""
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)

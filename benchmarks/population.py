"""Fills a PostgreSQL with people, their consents, past waves and what came back of them, all invented by the server.

For n contacts: n/50 organisations, 2.6n consents in force, ten waves with 3.1n deliveries, 10n rows of engagement, n/20
answers to a call. Foreign keys are not looked at and indexes are made afterwards, as a restore would.
"""

from sqlalchemy import Engine, text
from sqlalchemy.schema import CreateIndex, DropIndex

from outreach.store.tables import Base

STATEMENTS = (
    "SET session_replication_role = replica",
    "SELECT setseed(0.42)",
    """
    INSERT INTO organisation (id, name, kind, code, region, country, province, municipality)
    SELECT g, 'Organisation ' || g, CASE WHEN g % 20 = 0 THEN 'municipality' WHEN g % 3 = 0 THEN 'care'
           ELSE 'association' END, 'X' || g, 'Region ' || g % 35, CASE WHEN g % 5 = 0 THEN 'DE' ELSE 'NL' END,
           'Province ' || g % 12, 'GM' || lpad((g % 342)::text, 4, '0')
    FROM generate_series(1, :n / 50) AS g
    """,
    """
    INSERT INTO contact (id, email, first_name, last_name, language, kind, organisation_id, attributes, created_at,
                         updated_at)
    SELECT g, 'person' || g || '@example.org', CASE WHEN g % 10 = 0 THEN '' ELSE 'Voornaam' || g % 5000 END,
           'Achternaam' || g % 90000, (ARRAY['nl', 'nl', 'nl', 'de', NULL])[1 + g % 5],
           CASE WHEN g % 10 = 0 THEN 'role' ELSE 'personal' END,
           CASE WHEN random() < 0.4 THEN 1 + (random() * (:n / 50 - 1))::int END,
           jsonb_build_object('sector', (ARRAY['youth', 'care', 'housing', 'debt'])[1 + g % 4], 'room', g % 17),
           timestamptz '2023-01-01' + random() * interval '3 years', timestamptz '2026-01-01'
    FROM generate_series(1, :n) AS g
    """,
    "INSERT INTO contact_group SELECT id, 'member' FROM contact WHERE random() < 0.6",
    "INSERT INTO contact_group SELECT id, 'social-worker' FROM contact WHERE random() < 0.25",
    """
    INSERT INTO contact_group SELECT contact.id, 'municipality'
    FROM contact JOIN organisation ON organisation.id = organisation_id WHERE organisation.kind = 'municipality'
    """,
    """
    INSERT INTO consent (contact_id, topic, act, basis, evidence, source, language, at)
    SELECT contact.id, topic, 'given', 'consent', 'form of 2023', 'import', 'nl', contact.created_at
    FROM (VALUES ('social-work', 0.85), ('care', 0.3), ('energy', 0.1), ('tracking', 0.45), ('news', 1))
         AS asked (topic, share), contact
    WHERE random() < share + 0 * contact.id
    """,
    """
    INSERT INTO consent (contact_id, topic, act, basis, evidence, source, language, at)
    SELECT contact_id, topic, 'withdrawn', 'consent', 'the mail', 'receiver', 'nl', at + interval '30 days'
    FROM consent WHERE random() < 0.05
    """,
    """
    INSERT INTO subscription SELECT DISTINCT ON (contact_id, topic) contact_id, topic, basis, at FROM consent AS given
    WHERE NOT EXISTS (SELECT FROM consent AS later WHERE later.contact_id = given.contact_id
                      AND later.topic = given.topic AND later.id > given.id) AND given.act = 'given'
    ORDER BY contact_id, topic
    """,
    """
    INSERT INTO suppression SELECT email, 'hard_bounce', '', timestamptz '2026-01-01' FROM contact
    WHERE random() < 0.02
    """,
    """
    INSERT INTO campaign (id, slug, title, summary, topic, languages, created_at)
    VALUES (1, 'bench', '{}', '{}', 'social-work', '["nl", "de"]', timestamptz '2026-01-01')
    """,
    """
    INSERT INTO wave (id, campaign_id, name, title, audiences, state, out, created_at, started_at)
    SELECT g, 1, 'wave' || g, '{}', '[]', 'sent', '{}', day, day
    FROM generate_series(1, 10) AS g, LATERAL (SELECT timestamptz '2026-01-01' + g * interval '14 days' AS day) AS began
    """,
    """
    INSERT INTO message (id, wave_id, variant, languages, sender_email, sender_name, reply_to, subject, html, text,
                         headers, salutations, digest)
    SELECT id, id, 'nl', '["nl"]', 'a@example.org', '', '', '', '', '', '{}', '{}', '' FROM wave
    """,
    """
    INSERT INTO batch (id, wave_id, message_id, number, size, state, detail)
    SELECT wave.id * 1000000 + g, wave.id, wave.id, g, 500, CASE WHEN g % 50 = 0 THEN 'refused' ELSE 'accepted' END, ''
    FROM wave, generate_series(0, :n / 500) AS g
    """,
    """
    INSERT INTO delivery (wave_id, contact_id, batch_id, audience, variant, email, first_name, organisation, tracked,
                          status, opened_at, opened_human_at, clicked_at, clicked_human_at)
    SELECT wave.id, contact.id, wave.id * 1000000 + contact.id / 500, 'members', 'nl', email, first_name, '',
           chance < 0.45, CASE WHEN chance < 0.9 THEN 'delivered' WHEN chance < 0.92 THEN 'bounced' END,
           CASE WHEN chance < 0.4 THEN wave.created_at END, CASE WHEN chance < 0.25 THEN wave.created_at END,
           CASE WHEN chance < 0.12 THEN wave.created_at END, CASE WHEN chance < 0.08 THEN wave.created_at END
    FROM wave, LATERAL (SELECT *, random() AS chance FROM contact WHERE random() < 0.31 + 0 * wave.id) AS contact
    """,
    """
    INSERT INTO engagement (wave_id, delivery_id, act, link, label, reason, at)
    SELECT 1 + (g % 10), 1 + (random() * (:n * 3 - 1))::bigint, CASE WHEN g % 3 = 0 THEN 'click' ELSE 'open' END,
           CASE WHEN g % 3 = 0 THEN g % 7 END, CASE WHEN g % 4 = 0 THEN 'machine' ELSE 'human' END, '',
           timestamptz '2026-01-01' + random() * interval '200 days'
    FROM generate_series(1, :n * 10) AS g
    """,
    "INSERT INTO call (id, campaign_id, slug, definition) VALUES (1, 1, 'nominate', '{}')",
    """
    INSERT INTO submission (call_id, contact_id, language, answers, form_token, at)
    SELECT 1, 1 + (random() * (:n - 1))::bigint, 'nl', '{}', 'token' || g, timestamptz '2026-03-01'
    FROM generate_series(1, :n / 20) AS g
    """,
    "SET session_replication_role = origin",
)
NUMBERED = ("organisation", "contact", "campaign", "wave", "message", "batch", "call")


def fill(engine: Engine, n: int) -> None:
    """Fill an empty database that has all tables."""
    late = [index for name in ("delivery", "engagement", "consent") for index in Base.metadata.tables[name].indexes]
    with engine.begin() as connection:
        for index in late:
            connection.execute(DropIndex(index))
        for statement in STATEMENTS:
            connection.execute(text(statement), {"n": n} if ":n" in statement else {})
        for table in NUMBERED:
            connection.execute(text(f"SELECT setval('{table}_id_seq', max(id)) FROM {table}"))
        for index in late:
            connection.execute(CreateIndex(index))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))

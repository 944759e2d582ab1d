from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.audience import queries
from outreach.errors import DefinitionError, UnknownPredicate
from outreach.model.people import TRACKING, AddressKind, ConsentAct
from outreach.model.segment import Group, Join, Preference, Segment, Term
from outreach.model.wave import BatchState, Status
from outreach.store import Sessions
from outreach.store.tables import (
    BatchRow,
    CallRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    MessageRow,
    OrganisationRow,
    SubmissionRow,
    WaveRow,
)
from tests.builders_people import TOPIC, Body, Soul, add, segment
from tests.conftest import NOON

GIVEN, WITHDRAWN = ConsentAct.GIVEN, ConsentAct.WITHDRAWN
TOWN = Body("Zilverdrecht", "municipality", "Rivierenhoek", "NL")
EVERYBODY = segment()


def chosen(session: Session, chosen_from: Segment, topic: str = TOPIC) -> list[str]:
    return sorted(row.email for row in session.execute(queries.recipients(chosen_from, topic=topic, now=NOON)))


def test_the_columns_are_what_planning_needs(sessions: Sessions):
    with sessions.begin() as session:
        ids = add(
            session,
            Soul("bo@example.org", organisation=TOWN, acts={TOPIC: (GIVEN,), TRACKING: (GIVEN,)}),
            Soul("info@example.org", first_name="", language=None, kind=AddressKind.ROLE),
        )
        statement = queries.recipients(EVERYBODY, topic=TOPIC, now=NOON)
        rows = session.execute(statement.order_by("contact_id")).mappings().all()

    assert [dict(row) for row in rows] == [
        {
            "contact_id": ids["bo@example.org"],
            "email": "bo@example.org",
            "first_name": "Bo",
            "organisation": "Zilverdrecht",
            "language": "nl",
            "kind": "personal",
            "tracked": True,
        },
        {
            "contact_id": ids["info@example.org"],
            "email": "info@example.org",
            "first_name": "",
            "organisation": "",
            "language": None,
            "kind": "role",
            "tracked": False,
        },
    ]


def test_suppressed_addresses_and_people_without_consent_in_force_are_never_chosen(sessions: Sessions):
    with sessions.begin() as session:
        add(
            session,
            Soul("in@example.org"),
            Soul("suppressed@example.org", suppressed=True),
            Soul("never@example.org", acts={}),
            Soul("other@example.org", acts={"care": (GIVEN,)}),
            Soul("gone@example.org", acts={TOPIC: (GIVEN, WITHDRAWN)}),
            Soul("back@example.org", acts={TOPIC: (GIVEN, WITHDRAWN, GIVEN)}),
            Soul("both@example.org", acts={}, suppressed=True),
        )

        assert chosen(session, EVERYBODY) == ["back@example.org", "in@example.org"]
        assert queries.count(session, EVERYBODY, topic=TOPIC, now=NOON) == 2
        assert queries.count_by_language(session, EVERYBODY, topic=TOPIC, now=NOON) == {"nl": 2}
        assert queries.left_out(session, [EVERYBODY], topic=TOPIC, now=NOON) == {
            "suppressed": 2,
            f"no consent for {TOPIC}": 3,
        }


@pytest.mark.parametrize("one_per", [None, "organisation"])
def test_one_per_organisation_takes_a_named_person_then_a_role_then_the_oldest(sessions: Sessions, one_per: str | None):
    towns = [Body(name, "municipality") for name in ("Elzenhage", "Kraanoord", "Otterrade")]
    with sessions.begin() as session:
        add(
            session,
            Soul("info@elzen.example.org", kind=AddressKind.ROLE, first_name="", organisation=towns[0]),
            Soul("first@elzen.example.org", first_name="", last_name="Eerst", organisation=towns[0]),
            Soul("second@elzen.example.org", organisation=towns[0]),
            Soul("nameless@kraan.example.org", first_name="", organisation=towns[1]),
            Soul("info@kraan.example.org", kind=AddressKind.ROLE, first_name="Info", organisation=towns[1]),
            Soul("gone@kraan.example.org", suppressed=True, organisation=towns[1]),
            Soul("b@otter.example.org", first_name="", organisation=towns[2]),
            Soul("a@otter.example.org", first_name="", organisation=towns[2]),
            Soul("alone@example.org"),
            Soul("also@example.org"),
        )
        everybody = segment(one_per=one_per)

        one_each = [
            "alone@example.org",
            "also@example.org",
            "b@otter.example.org",
            "first@elzen.example.org",
            "info@kraan.example.org",
        ]
        if one_per:
            assert chosen(session, everybody) == one_each
            assert queries.left_out(session, [everybody], topic=TOPIC, now=NOON) == {
                "suppressed": 1,
                "another address of the same organisation": 4,
            }
            assert queries.left_out(session, [everybody, EVERYBODY], topic=TOPIC, now=NOON) == {"suppressed": 1}
        else:
            assert len(chosen(session, everybody)) == 9


def test_caps_keep_the_first_and_say_who_is_beyond(sessions: Sessions):
    with sessions.begin() as session:
        add(
            session,
            Soul("info@elzen.example.org", kind=AddressKind.ROLE, first_name="", organisation=TOWN),
            Soul("bo@elzen.example.org", organisation=TOWN),
            Soul("cy@elzen.example.org", organisation=TOWN),
            Soul("alone@example.org"),
            Soul("also@example.org"),
        )
        roles_first = replace(EVERYBODY, at_most_per_organisation=2, prefer=(Preference.ROLE,), at_most=3)

        assert chosen(session, roles_first) == ["alone@example.org", "bo@elzen.example.org", "info@elzen.example.org"]
        assert queries.left_out(session, [roles_first], topic=TOPIC, now=NOON) == {
            "another address of the same organisation": 1,
            "beyond the most that the audience may have": 1,
        }
        assert queries.left_out(session, [roles_first, EVERYBODY], topic=TOPIC, now=NOON) == {}


def test_who_wants_little_mail_is_left_out_after_a_wave_but_not_after_a_letter(sessions: Sessions):
    with sessions.begin() as session:
        ids = add(session, Soul("bo@example.org"), Soul("cy@example.org"), Soul("di@example.org"))
        session.execute(update(ContactRow).where(ContactRow.id == ids["bo@example.org"]).values(frequency="weekly"))
        session.execute(update(ContactRow).where(ContactRow.id == ids["cy@example.org"]).values(frequency="monthly"))
        for each in ids.values():
            _send(session, each, None, BatchState.ACCEPTED, slug=f"workers{each}")
        _went(session, NOON - timedelta(days=6, hours=11))

        assert chosen(session, EVERYBODY) == ["di@example.org"]
        assert queries.left_out(session, [EVERYBODY], topic=TOPIC, now=NOON) == {
            "wants mail at most weekly": 1,
            "wants mail at most monthly": 1,
        }

        _went(session, NOON - timedelta(days=7, hours=-11))
        assert chosen(session, EVERYBODY) == ["bo@example.org", "di@example.org"]
        session.execute(update(CampaignRow).values(hidden=True))
        assert chosen(session, EVERYBODY) == ["bo@example.org", "cy@example.org", "di@example.org"]


def test_a_former_municipality_and_an_old_name_of_a_region_mean_what_they_are_today(sessions: Sessions):
    with sessions.begin() as session:
        add(session, Soul("bo@example.org", organisation=TOWN), Soul("cy@example.org"))
        where = {"municipality": "GM0518", "province": "Fryslân", "region": "Haaglanden"}
        session.execute(update(OrganisationRow).values(where))

        for term in (
            Term("municipality", "Den Haag"),
            Term("municipality", "518"),
            Term("province_in", "Friesland"),
            Term("region_in", "Haaglanden/Rijnmond"),
        ):
            assert chosen(session, segment(term)) == ["bo@example.org"]


def test_nobody_is_left_out_of_no_segments(sessions: Sessions):
    with sessions() as session:
        assert queries.left_out(session, [], topic=TOPIC, now=NOON) == {}


def test_a_segment_made_by_hand_is_checked_too(sessions: Sessions):
    with pytest.raises(UnknownPredicate, match=r"^test: unknown predicate 'grup'; known: address_kind, "):
        queries.recipients(segment(Term("grup", "member")), topic=TOPIC, now=NOON)
    with pytest.raises(
        DefinitionError, match=r'^test: group takes a text or a list of texts, such as group = "member"; found 3$'
    ):
        queries.recipients(segment(Group(Join.ANY, (Term("group", 3),))), topic=TOPIC, now=NOON)


def test_an_attribute_is_found_whatever_its_name(sessions: Sessions):
    with sessions.begin() as session:
        add(session, Soul("bo@example.org", attributes={"o'reilly's $.a[0] %": "x=y"}), Soul("cy@example.org"))

        assert chosen(session, segment(Term("attribute", "O'Reilly's  $.a[0] % = x=y"))) == ["bo@example.org"]


@pytest.mark.parametrize(
    ("status", "batch", "received"),
    [
        (None, BatchState.ACCEPTED, True),
        (None, BatchState.PLANNED, False),
        (None, BatchState.UNKNOWN, False),
        (Status.DELIVERED, BatchState.UNKNOWN, True),
        (Status.BOUNCED, BatchState.ACCEPTED, False),
        (Status.SUPPRESSED, BatchState.ACCEPTED, False),
    ],
)
def test_received_is_what_was_taken_and_did_not_come_back(
    sessions: Sessions, status: Status | None, batch: BatchState, *, received: bool
):
    with sessions.begin() as session:
        ids = add(session, Soul("bo@example.org"), Soul("cy@example.org"))
        _send(session, ids["bo@example.org"], status, batch)

        assert chosen(session, segment(Term("received", "workers/start"))) == ["bo@example.org"] * received
        assert chosen(session, segment(Term("not_clicked", "workers/start"))) == ["bo@example.org"] * received
        assert chosen(session, segment(Term("clicked", "workers/start"))) == []
        assert chosen(session, segment(Term("received", "workers/other"))) == []
        assert chosen(session, segment(Term("received", "others/start"))) == []

        session.execute(update(DeliveryRow).values(clicked_at=NOON))
        assert chosen(session, segment(Term("clicked", "workers/start"))) == []
        session.execute(update(DeliveryRow).values(clicked_human_at=NOON))
        assert chosen(session, segment(Term("clicked", "workers/start"))) == ["bo@example.org"] * received
        assert chosen(session, segment(Term("not_clicked", "workers/start"))) == []


def test_who_answered_a_call_can_be_asked_for_and_left_out(sessions: Sessions):
    with sessions.begin() as session:
        ids = add(session, Soul("bo@example.org"), Soul("cy@example.org"))
        _answer(session, ids["bo@example.org"])

        assert chosen(session, segment(Term("submitted", "nominate"))) == ["bo@example.org"]
        assert chosen(session, segment(Term("not_submitted", "nominate"))) == ["cy@example.org"]
        assert chosen(session, segment(Term("submitted", "other"))) == []


def _campaign(session: Session, slug: str = "workers") -> int:
    campaign = CampaignRow(slug=slug, title={}, summary={}, topic=TOPIC, languages=[], created_at=NOON)
    return _kept(session, campaign).id


def _went(session: Session, moment: datetime) -> None:
    """Let all mails have gone at *moment*, of waves that began long before."""
    session.execute(update(WaveRow).values(started_at=NOON - timedelta(days=300), finished_at=moment))
    session.execute(update(BatchRow).values(settled_at=moment))


def _send(session: Session, contact_id: int, status: Status | None, state: BatchState, slug: str = "workers") -> None:
    wave = _kept(
        session,
        WaveRow(
            campaign_id=_campaign(session, slug),
            name="start",
            title={},
            audiences=[],
            state="sent",
            out={},
            created_at=NOON,
        ),
    )
    message = _kept(
        session,
        MessageRow(
            wave_id=wave.id, variant="nl", languages=[], sender_email="", sender_name="", reply_to="", subject="",
            html="", text="", headers={}, salutations={}, digest="",
        ),
    )  # fmt: skip
    batch = _kept(session, BatchRow(wave_id=wave.id, message_id=message.id, number=1, size=1, state=state, detail=""))
    _kept(
        session,
        DeliveryRow(
            wave_id=wave.id, contact_id=contact_id, batch_id=batch.id, audience="", variant="nl", email="",
            first_name="", organisation="", tracked=False, status=status,
        ),
    )  # fmt: skip


def _answer(session: Session, contact_id: int) -> None:
    call = _kept(session, CallRow(campaign_id=_campaign(session), slug="nominate", definition={}))
    _kept(
        session,
        SubmissionRow(call_id=call.id, contact_id=contact_id, language="nl", answers={}, form_token="t", at=NOON),
    )


def _kept(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row

"""Why a wave is for somebody, or not."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from outreach.audience.explanation import Had, Hearing, Out, Suppression
from outreach.audience.predicates import Named
from outreach.cli import audience as audience_cli
from outreach.cli import explain as cli
from outreach.delivery.queries import claim
from outreach.errors import DefinitionError, NotFound
from outreach.model.cap import Cap
from outreach.model.erasure import address_key
from outreach.model.people import Basis, Consent, ConsentAct, Frequency, SuppressionReason, masked
from outreach.model.wave import Status, WaveStep
from outreach.services import Services
from outreach.steps import explaining, people, waves
from outreach.store import consents
from outreach.store.tables import BatchRow, ContactGroupRow, ContactRow, DeliveryRow, ErasedRow, WaveRow
from tests.builders_people import TOPIC, Body, Soul, add, consent
from tests.builders_segments import frozen, with_audience
from tests.conftest import NOON

START = "sociaal-werkers/start"
TOWN = Body("Zilverdrecht", "municipality")
PEOPLE = (
    Soul("bo@example.org", groups=("member", "social-worker")),
    Soul("sec@town.example.org", first_name="Cy", groups=("municipality",), organisation=TOWN),
    Soul("info@town.example.org", first_name="", groups=("municipality",), organisation=TOWN),
    Soul("none@example.org", groups=("friend",)),
    Soul("gone@example.org", groups=("member",), suppressed=True),
    Soul("shy@example.org", groups=("member",), acts={}),
)


@pytest.fixture
def ids(services: Services) -> dict[str, int]:
    with services.sessions.begin() as session:
        return add(session, *PEOPLE)


def hearings(services: Services, email: str, wave: str = START) -> dict[str, Out | None]:
    return {each.audience: each.out for each in explaining.explain(services, email, wave).hearings}


def told(services: Services, email: str) -> list[str]:
    return cli.lines(explaining.explain(services, email, START))


def test_a_wave_that_was_never_planned_is_explained_from_its_folder(services: Services, ids: dict[str, int]):
    explanation = explaining.explain(services, " Bo@Example.org", START)

    assert (explanation.email, explanation.aim.topic, explanation.entry) == ("bo@example.org", TOPIC, None)
    assert explanation.taken_by == "members"
    assert {each.audience: each.out for each in explanation.hearings} == {
        "members": None,
        "municipalities": Out.RULES,
        "social_workers": None,
    }
    assert [part.holds for part in explanation.hearings[0].judged.parts] == [True]
    assert explanation.names[Named.TOPIC, TOPIC]["nl"] == "Sociaal werk"


@pytest.mark.parametrize(
    ("email", "out"),
    [
        ("none@example.org", {Out.RULES}),
        ("gone@example.org", {Out.RULES, Out.SUPPRESSED}),
        ("shy@example.org", {Out.RULES, Out.NO_CONSENT}),
        ("info@town.example.org", {Out.RULES, Out.ANOTHER_ADDRESS}),
    ],
)
def test_who_is_left_out_is_told_the_first_reason(services: Services, ids: dict[str, int], email: str, out: set[Out]):
    assert set(hearings(services, email).values()) == out


def test_the_address_that_is_taken_instead_is_named(services: Services, ids: dict[str, int]):
    left_out = explaining.explain(services, "info@town.example.org", START)

    assert left_out.hearings[1].instead == ("sec@town.example.org",)
    frozen(services)
    with services.sessions.begin() as session:  # who was taken keeps the place, whatever changed since
        session.execute(update(ContactRow).where(ContactRow.email == "sec@town.example.org").values(first_name=""))
        session.execute(update(ContactRow).where(ContactRow.email == "info@town.example.org").values(kind="role"))
    assert hearings(services, "info@town.example.org")["municipalities"] is Out.ANOTHER_ADDRESS
    assert hearings(services, "sec@town.example.org")["municipalities"] is None


def test_a_planned_wave_is_explained_with_what_the_ledger_says(services: Services, ids: dict[str, int]):
    wave_id = frozen(services)
    with services.sessions.begin() as session:
        row = session.scalars(select(DeliveryRow).where(DeliveryRow.contact_id == ids["bo@example.org"])).one()
        row.status = Status.DELIVERED

    entry = explaining.explain(services, "bo@example.org", START).entry

    assert entry is not None
    assert (entry.wave_id, entry.audience, entry.variant, entry.status) == (wave_id, "members", "nl", Status.DELIVERED)
    assert explaining.explain_delivery(services, entry.delivery_id) == explaining.explain(
        services, "bo@example.org", START
    )
    assert explaining.explain(services, "none@example.org", START).entry is None


def test_the_wave_itself_does_not_come_too_soon_for_who_got_it_but_another_does(
    services: Services, ids: dict[str, int]
):
    wave_id = frozen(services)
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).values(frequency="monthly"))
        session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(state="sending", started_at=NOON))

    got = explaining.explain(services, "bo@example.org", START)
    next_ = explaining.explain(services, "bo@example.org", "sociaal-werkers/reminder")

    assert (got.taken_by, got.wish.too_soon) == ("members", False)
    assert next_.taken_by is None
    assert (next_.wish.frequency, next_.wish.last, next_.wish.too_soon) == (Frequency.MONTHLY, NOON, True)
    assert next_.hearings[0].out is Out.TOO_SOON


@pytest.mark.parametrize("went", [False, True])
def test_a_mail_that_waits_is_explained_as_it_is_decided_when_it_goes_out(
    services: Services, ids: dict[str, int], went: bool
):
    frozen(services)
    wave_id = frozen(services, "sociaal-werkers/reminder")
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).values(frequency="monthly"))
        session.execute(update(WaveRow).values(state="sending", started_at=NOON))
        if went:
            session.execute(update(BatchRow).where(BatchRow.wave_id != wave_id).values(state="accepted"))

    explained = explaining.explain(services, "bo@example.org", "sociaal-werkers/reminder")
    with services.sessions.begin() as session:
        batch_id = session.scalars(select(BatchRow.id).where(BatchRow.wave_id == wave_id)).one()
        claim.drop_unwilling(session, batch_id, NOON)
    claimed = explaining.explain(services, "bo@example.org", "sociaal-werkers/reminder")

    assert (explained.wish.too_soon, explained.taken_by) == (went, None if went else "members")
    assert claimed.entry.status is (Status.SUPPRESSED if went else Status.PLANNED)


def test_the_cap_of_the_house_is_told_as_planning_counts_it(services: Services, ids: dict[str, int]):
    capped = replace(services, settings=services.settings.model_copy(update={"frequency_cap": "1/7"}))
    wave_id = frozen(services)
    with services.sessions.begin() as session:
        session.execute(update(WaveRow).where(WaveRow.id == wave_id).values(state="sending", started_at=NOON))

    got = explaining.explain(capped, "bo@example.org", START)
    next_ = explaining.explain(capped, "bo@example.org", "sociaal-werkers/reminder")

    assert (got.had, got.taken_by) == (Had(0, Cap(1, 7)), "members")
    assert (next_.had, next_.taken_by, next_.hearings[0].out) == (Had(1, Cap(1, 7)), None, Out.HAD_ENOUGH)
    assert "cap of the house: at most 1 in 7 days; other waves so far: 1; no more now" in cli.lines(next_)
    assert people.count_audience(capped, "members", topic=TOPIC).left_out["had 1 mail in 7 days"] == 1
    assert explaining.explain(services, "bo@example.org", START).had is None


def test_consent_is_told_with_its_words_and_since_when(services: Services, ids: dict[str, int]):
    later = NOON + timedelta(days=1)
    again = Consent(
        TOPIC, ConsentAct.GIVEN, Basis.CONSENT, "ticked", "https://x", later, "nl", "Ik wil mail.", "2026-11"
    )
    with services.sessions.begin() as session:
        consents.write(session, [(ids["bo@example.org"], again)])

    ground = explaining.explain(services, "bo@example.org", START).ground

    assert (ground.act, ground.since, ground.in_force) == (again, NOON, True)
    with services.sessions.begin() as session:
        consent(session, ids["bo@example.org"], TOPIC, ConsentAct.WITHDRAWN)
    ground = explaining.explain(services, "bo@example.org", START).ground
    assert (ground.since, ground.in_force) == (None, False)


def test_an_address_that_nobody_has_or_that_was_forgotten_is_told(services: Services, ids: dict[str, int]):
    key = address_key(services.settings.erasure_secret(), "was@example.org")
    with services.sessions.begin() as session:
        session.add(ErasedRow(key=key, at=NOON))

    assert told(services, "who@example.org")[1] == "so: nothing is sent; nobody in our files has this address"
    assert told(services, "Was@example.org")[1] == (
        "so: nothing is sent; this person was forgotten on request, on 2026-11-20 12:00 UTC"
    )


def test_a_mail_to_who_was_forgotten_since_is_explained(services: Services, ids: dict[str, int]):
    frozen(services)
    with services.sessions.begin() as session:
        delivery = session.scalars(select(DeliveryRow.id).where(DeliveryRow.email == "bo@example.org")).one()
        session.execute(delete(ContactRow).where(ContactRow.email == "bo@example.org"))

    explanation = explaining.explain_delivery(services, delivery)

    assert (explanation.person, explanation.hearings, explanation.email) == (None, (), "bo@example.org")


def test_an_audience_that_is_gone_does_not_keep_a_mail_from_being_explained(
    services: Services, ids: dict[str, int], tmp_path: Path
):
    frozen(services)
    lacking = with_audience(services, tmp_path, "members", 'title = "x"\nall = [{ group = "memberr" }]')

    members, towns, _ = explaining.explain(lacking, "bo@example.org", START).hearings

    assert (members.out, towns.out) == (Out.UNREADABLE, Out.UNREADABLE)
    assert "did you mean" in members.fault
    assert towns == Hearing(
        "municipalities", out=Out.UNREADABLE, fault="no audience 'municipalities'; there is: members"
    )


def test_a_cap_is_told_to_who_is_beyond_it(services: Services, ids: dict[str, int], tmp_path: Path):
    capped = with_audience(services, tmp_path, "members", 'title = "x"\nall = []\nat_most = 1')

    assert hearings(capped, "bo@example.org")["members"] is None
    assert hearings(capped, "none@example.org")["members"] is Out.BEYOND_THE_CAP


@pytest.mark.parametrize(
    ("email", "wave", "error", "text"),
    [
        ("bo", START, DefinitionError, r"^EMAIL: address 'bo' is impossible: "),
        ("bo@example.org", "start", DefinitionError, r"^WAVE: found 'start'; write campaign/wave, such as "),
        ("bo@example.org", "sociaal-werkers/strt", NotFound, r"^no wave 'sociaal-werkers/strt'; there is: .*/start$"),
        ("bo@example.org", "../x/start", NotFound, r"^no wave '\.\./x/start'"),
    ],
)
def test_what_cannot_be_explained_says_what_can(
    services: Services, email: str, wave: str, error: type[Exception], text: str
):
    with pytest.raises(error, match=text):
        explaining.explain(services, email, wave)


def test_a_mail_that_does_not_exist_is_not_explained(services: Services):
    with pytest.raises(NotFound):
        explaining.explain_delivery(services, 7)


def test_the_terminal_tells_all_of_it(services: Services, ids: dict[str, int]):
    assert told(services, "bo@example.org") == [
        "bo@example.org and sociaal-werkers/start (topic social-work)",
        "so: would get it now, in the audience members",
        "in our files since 2026-11-20 12:00 UTC",
        "consent: consent to social-work, in force since 2026-11-20 12:00 UTC, from form (form)",
        "ledger: the wave was never planned; this is what its folder says",
    ]
    frozen(services)
    assert told(services, "bo@example.org")[-1] == (
        "ledger: frozen on 2026-11-20 12:00 UTC in the audience members, as nl; the mail is planned"
    )
    assert told(services, "gone@example.org")[1:3] == [
        "so: would not get it: the address is suppressed",
        "suppressed: unsubscribed, since 2026-11-20 12:00 UTC",
    ]
    assert told(services, "shy@example.org")[3:] == [
        "consent: nothing was ever said about social-work, so nothing may be sent",
        "ledger: the wave was planned on 2026-11-20 12:00 UTC, and not for this person",
    ]
    assert explaining.explain(services, "gone@example.org", START).suppression == Suppression(
        SuppressionReason.UNSUBSCRIBED, "", NOON
    )


def test_rules_are_shown_as_a_tree_with_what_holds(services: Services, ids: dict[str, int], tmp_path: Path, capsys):
    toml = """
        title = "x"
        all = [{ group = "[red]member" }, { any = [{ language = "de" }, { written_to_within = 7 }] }]
        none = [{ submitted = "nominate" }]
    """
    with services.sessions.begin() as session:
        session.add(ContactGroupRow(contact_id=ids["bo@example.org"], name="[red]member"))
    ours = with_audience(services, tmp_path, "members", toml)

    audience_cli.Console(width=100).print(cli.tree(explaining.explain(ours, "bo@example.org", START).hearings[0]))

    assert [line.strip("│├└─ ") for line in capsys.readouterr().out.splitlines()] == [
        "✗ audience members: not in it: its rules do not let this person in",
        "✗ all of these",
        "✗ all of these",
        "✓ is in the group [red]member",
        "✗ at least one of these",
        "✗ prefers the language de",
        "✗ was written to less than 7 days ago",
        "✓ none of these",
        "✗ has answered the call nominate",
    ]


def test_steps_of_a_wave_do_not_matter_to_the_words(services: Services, ids: dict[str, int]):
    wave_id = frozen(services)
    waves.take_step(services, wave_id, WaveStep.CANCEL)

    assert told(services, "bo@example.org")[1] == "so: the wave was planned for this person, in the audience members"


def test_addresses_are_masked_so_that_who_knows_them_recognises_them():
    assert [masked(email) for email in ("bo@example.org", "b@example.org")] == ["b…@example.org"] * 2

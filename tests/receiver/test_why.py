"""The page behind "why do I get this mail?"."""

import tomllib
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update

from outreach.audience.explanation import Aim, Explanation, Had, Hearing, Out, Person
from outreach.audience.predicates import PREDICATES, Named
from outreach.model.cap import Cap
from outreach.model.people import Basis, Consent, ConsentAct, Frequency
from outreach.model.segment import Argument, Group, Join, Judged, Term
from outreach.receiver.language import ZONE, Reader
from outreach.receiver.why import show_explanation
from outreach.services import Services
from outreach.settings import ROOT
from outreach.store import consents
from outreach.store.tables import CampaignRow, ContactGroupRow, ContactRow, DeliveryRow
from tests.builders_engagement import everything, sent
from tests.builders_people import TOPIC, Body, Soul, add, suppress
from tests.builders_segments import frozen
from tests.conftest import NOON
from tests.receiver.client import Client

TOWN = Body("Zilverdrecht", "municipality", "Rivierenhoek", "NL")


@pytest.fixture
def ids(services: Services) -> dict[str, int]:
    with services.sessions.begin() as session:
        return add(
            session,
            Soul("bo@example.org", groups=("member",), acts={}),
            Soul("cy@town.example.org", groups=("municipality",), organisation=TOWN),
            Soul("info@town.example.org", first_name="", groups=("municipality", "social-worker"), organisation=TOWN),
        )


def agree(services: Services, contact: int, basis: Basis = Basis.CONSENT) -> None:
    act = Consent(TOPIC, ConsentAct.GIVEN, basis, "ticked", "form", NOON, "nl", "Ik wil <b>mail</b>.", "2026-11")
    with services.sessions.begin() as session:
        consents.write(session, [(contact, act)])


def planned(services: Services, email: str = "bo@example.org") -> str:
    """The address of the page for one recipient of a planned wave."""
    frozen(services)
    with services.sessions.begin() as session:
        delivery = session.scalars(select(DeliveryRow.id).where(DeliveryRow.email == email)).one()
    return f"/preferences/{services.tokens.preferences(delivery)}/why"


def text(page: str) -> str:
    return " ".join(unescape(page).split())


def test_the_page_tells_the_group_the_consent_and_since_when(services: Services, client: Client, ids: dict[str, int]):
    agree(services, ids["bo@example.org"])
    path = planned(services)
    page = client.get(f"{path}?lang=nl")

    assert page.status_code == 200
    for words in (
        "<h1>Waarom krijg ik deze mail?</h1>",
        "Start van de campagne",
        "bo@example.org",
        '<strong lang="nl">Leden</strong>',
        "<li>U staat bij ons in de groep: Leden.</li>",
        "U hebt toestemming gegeven voor mails over Sociaal werk. Die geldt sinds 20 november 2026.",
        "Ik wil &lt;b&gt;mail&lt;/b&gt;.",
    ):
        assert words in page.text
    token = path.split("/")[2]
    assert f'href="/preferences/{token}?lang=nl"' in page.text
    unsubscribe = services.tokens.unsubscribe(services.tokens.delivery_of_preferences(token))
    assert f'href="/u/{unsubscribe}?lang=nl"' in page.text
    assert "Das trifft auf Sie zu:" in client.get(f"{path}?lang=de").text
    assert "<li>We have you in the group: members.</li>" in client.get(f"{path}?lang=en").text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing_and_is_not_indexed(
    services: Services, client: Client, ids: dict[str, int], method: str
):
    agree(services, ids["bo@example.org"])
    path = planned(services)
    before = everything(services.sessions)

    answers = [client.request(method, path), client.request(method, f"{path}?lang=de")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert everything(services.sessions) == before
    assert {answer.headers["x-robots-tag"] for answer in answers} == {"noindex, nofollow"}
    assert client.post(path).status_code == 405


def test_no_other_address_is_ever_shown(services: Services, client: Client, ids: dict[str, int]):
    agree(services, ids["bo@example.org"])
    path = planned(services, "cy@town.example.org")
    with services.sessions.begin() as session:
        session.execute(update(DeliveryRow).values(audience="municipalities"))

    page = client.get(path).text

    assert ("cy@town.example.org" in page, "info@town.example.org" in page) == (True, False)


def test_a_link_of_another_purpose_or_forged_opens_nothing(services: Services, client: Client, ids: dict[str, int]):
    agree(services, ids["bo@example.org"])
    delivery = services.tokens.delivery_of_preferences(planned(services).split("/")[2])

    paths = [
        services.tokens.rid(delivery),
        services.tokens.unsubscribe(delivery),
        "1_x",
        services.tokens.preferences(99),
    ]

    assert [client.get(f"/preferences/{token}/why").status_code for token in paths] == [404] * 4


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        (Basis.MEMBERSHIP, "You are a member or contact of ours"),
        (Basis.PUBLISHED, "Your organisation published this address"),
    ],
)
def test_other_grounds_have_their_own_words(
    services: Services, client: Client, ids: dict[str, int], basis: Basis, words: str
):
    agree(services, ids["bo@example.org"], basis)

    assert words in text(client.get(f"{planned(services)}?lang=en").text)


def test_what_changed_since_is_told(services: Services, client: Client, ids: dict[str, int]):
    agree(services, ids["bo@example.org"])
    path = f"{planned(services)}?lang=en"
    with services.sessions.begin() as session:
        session.execute(update(ContactRow).values(frequency=Frequency.WEEKLY))
        suppress(session, "bo@example.org")
    page = text(client.get(path).text)
    assert "Since November 20, 2026 we no longer write to this address." in page
    assert "You want mail at most once a week." in page
    assert "When the mail was prepared, we were allowed to write to you; now we are not." in page

    with services.sessions.begin() as session:
        rows = session.query(ContactGroupRow).where(ContactGroupRow.contact_id == ids["bo@example.org"])
        rows.delete()
        session.add(ContactGroupRow(contact_id=ids["cy@town.example.org"], name="member"))
    page = text(client.get(path).text)
    assert '<p id="excluded">This does not apply to you:</p>' in page
    assert "now you are not." in page

    with services.sessions.begin() as session:
        session.query(ContactRow).where(ContactRow.id == ids["bo@example.org"]).delete()
    page = text(client.get(path).text)
    assert "At your request we have erased your data." in page
    assert "See my preferences" not in page


def test_a_letter_of_the_house_is_explained_as_one(services: Services, client: Client):
    mail = sent(services.sessions)
    with services.sessions.begin() as session:
        session.execute(update(CampaignRow).values(hidden=True))

    page = client.get(f"/preferences/{services.tokens.preferences(mail.deliveries[0])}/why?lang=nl").text

    assert "U hebt deze mail zelf aangevraagd" in page
    assert "Voor wie de mail is" not in page


ARGUMENTS: Mapping[str, Argument] = {
    **{name: known.example for name, known in PREDICATES.items()},
    "group": ("<i>a</i>", "b"),
    "language": ("nl", ""),
    "attribute": ("sector=youth", "sector="),
    "received": "spring/start",
}


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        (
            "nl",
            {
                "group": "U staat bij ons in de groep: <i>a</i> of b.",
                "language": "Uw taal bij ons: Nederlands of niets opgegeven.",
                "attribute": "Bij ons staat over u genoteerd: sector = youth. of "
                "Bij ons staat over u genoteerd: sector = niets opgegeven.",
                "received": "U kreeg de mail: Lente.",
                "joined_before": "Uw adres kwam bij ons vóór 31 januari 2026.",
                "basis": "Grondslag voor mails over Sociaal werk: lidmaatschap.",
                "written_to_within": "U kreeg in de laatste dagen mail van ons (minder dan 14 dagen geleden).",
            },
        ),
        (
            "de",
            {
                "consent_since": "Sie bekommen ab dem 31. Januar 2026 oder später Mails zu: Soziale Arbeit.",
                "organisation_kind": "Art der Organisation: Kommune.",
                "submitted_within": "Sie haben vor weniger als 14 Tagen auf den Aufruf geantwortet: nominate.",
            },
        ),
        ("en", {"country": "Country of your organisation: Netherlands.", "received": "You got the mail: Lente."}),
    ],
)
def test_every_predicate_is_told_in_every_language(language: str, facts: Mapping[str, str]):
    leaves = tuple(Judged(Term(name, argument), True) for name, argument in ARGUMENTS.items())
    judged = Judged(Group(Join.ALL, tuple(leaf.rule for leaf in leaves)), True, leaves)
    names = {
        (Named.TOPIC, TOPIC): {"nl": "Sociaal werk", "de": "Soziale Arbeit"},
        (Named.WAVE, "spring/start"): {"nl": "Lente"},
    }
    aim = Aim("spring", "call", {"nl": "Oproep"}, TOPIC, ("nl",), ("members",))
    words = tomllib.loads((ROOT / "templates" / "pages" / f"words.{language}.toml").read_text("utf-8"))
    told = Explanation("bo@example.org", aim, None, hearings=(Hearing("members", {}, judged),), names=names)

    shown = show_explanation(told, Reader(language, ZONE, words))

    by_name = dict(zip(ARGUMENTS, shown.applies, strict=True))
    assert {name: by_name[name] for name in facts} == facts
    assert shown.excluded == ()


@pytest.mark.parametrize(
    ("language", "days", "words"),
    [
        ("nl", 7, "Mails van ons in 7 dagen: hooguit 3."),
        ("de", 1, "Mails von uns an einem Tag: höchstens 3."),
        ("en", 7, "Mails from us in 7 days: at most 3."),
    ],
)
def test_the_cap_of_the_house_is_told(language: str, days: int, words: str):
    aim = Aim("spring", "call", {"nl": "Oproep"}, TOPIC, ("nl",), ())
    person = Person(1, "bo@example.org", "Bo", "nl", None, "", Frequency.EVERY, NOON)
    known = tomllib.loads((ROOT / "templates" / "pages" / f"words.{language}.toml").read_text("utf-8"))

    shown = show_explanation(
        Explanation(person.email, aim, person, had=Had(3, Cap(3, days))), Reader(language, ZONE, known)
    )

    assert shown.allowed[-1] == words


def test_the_words_are_whole_in_every_language():
    def words(language: str) -> Any:
        return tomllib.loads((ROOT / "templates" / "pages" / f"words.{language}.toml").read_text("utf-8"))["why"]

    for language in ("nl", "de", "en"):
        assert set(words(language)["fact"]) == set(PREDICATES)
        assert set(words(language)["now"]) == {out.name.lower() for out in Out}
        assert set(words(language)["basis"]) == set(Basis)
        for name, phrase in words(language)["fact"].items():
            assert ("{name}" in phrase, "{value}" in phrase) == (True, PREDICATES[name].pair)
    for part in ("", "word", "group", "frequency"):
        known = [words(language)[part] if part else words(language) for language in ("nl", "de", "en")]
        assert known[0].keys() == known[1].keys() == known[2].keys()

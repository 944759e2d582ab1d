"""Test sends go past the ledger: through the email API alone, to whom one may write."""

import pytest
from sqlalchemy import func, select

from outreach.errors import DefinitionError, NotFound, NotTaken, ProviderRefused
from outreach.services import Services
from outreach.steps.trial import Tried, send_test
from outreach.store.tables import Base
from tests.builders_people import suppress
from tests.fakes import FakeProvider

NOOR, BO = "noor@example.org", "bo@example.org"


def sent(services: Services, *to: str, wanted: tuple[str, ...] = ()) -> tuple[Tried, ...]:
    return send_test(services, "sociaal-werkers", "start", to, wanted)


def rows(services: Services) -> int:
    with services.sessions() as session:
        return sum(
            session.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables
        )


def test_colleagues_get_the_mail_marked_greeted_and_without_traces(services: Services, provider: FakeProvider):
    before = rows(services)

    tried = sent(services, "Noor Jansen <Noor@Example.org>, bo@example.org", wanted=("nl", "de"))

    assert tried == (Tried(NOOR, "nl"), Tried(BO, "nl"), Tried(NOOR, "de"), Tried(BO, "de"))
    first = provider.mails[0]
    assert first.subject == "[TEST] Wie laat zien wat sociaal werk kan?"
    assert "Beste Noor," in first.text
    assert "https://mail.example.org/calls/nominate?lang=nl" in first.text
    assert first.headers == {"Content-Language": "nl"}
    assert [trace for trace in ("@@", "/c/", ".gif", "/u/", "/preferences/") if trace in first.html + first.text] == []
    assert "Beste" not in provider.mails[1].text
    assert len({mail.rid for mail in provider.mails}) == 4
    assert rows(services) == before


def test_without_a_language_all_of_them_are_in_one_mail(services: Services):
    assert sent(services, NOOR) == (Tried(NOOR, "nl+de"),)


def test_addresses_may_stand_on_lines_and_count_once(services: Services, provider: FakeProvider):
    tried = sent(services, f"{NOOR}\n{BO};Bo <{BO}>\n\n", wanted=("nl",))

    assert [each.email for each in tried] == [NOOR, BO]


def test_who_may_never_be_written_to_is_refused_by_name(services: Services, provider: FakeProvider):
    with services.sessions.begin() as session:
        suppress(session, BO)

    assert sent(services, BO, NOOR, wanted=("nl",)) == (
        Tried(BO, "nl", "never written to since 2026-11-20: unsubscribed"),
        Tried(NOOR, "nl"),
    )
    assert [mail.recipient for mail in provider.mails] == [NOOR]


def test_what_the_api_says_is_told_per_address_and_nobody_waits_for_one_that_is_away(
    services: Services, provider: FakeProvider
):
    provider.refuse = {NOOR: "unknown mailbox"}
    provider.failures = []
    assert sent(services, NOOR, BO, wanted=("nl",)) == (Tried(NOOR, "nl", "unknown mailbox"), Tried(BO, "nl"))

    provider.failures = [ProviderRefused("no such domain"), NotTaken("it is away")]
    assert sent(services, NOOR, BO, "jan@example.org", wanted=("nl",)) == (
        Tried(NOOR, "nl", "refused: no such domain"),
        Tried(BO, "nl", "not taken: it is away"),
        Tried("jan@example.org", "nl", "not tried: it is away"),
    )


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ((), "to: found 0 addresses; write 1 to 20, such as Noor <noor@example.org>"),
        ([f"reader{n}@example.org" for n in range(21)], "to: found 21 addresses; write 1 to 20"),
        (["noor@example"], "to: "),
        (["noor"], "to: "),
    ],
)
def test_what_cannot_be_a_test_is_refused_before_anything_is_sent(
    services: Services, provider: FakeProvider, to: list[str], told: str
):
    with pytest.raises(DefinitionError) as caught:
        sent(services, *to)

    assert str(caught.value).startswith(told)
    assert provider.calls == []


def test_an_unknown_language_names_the_ones_there_are(services: Services):
    with pytest.raises(NotFound, match=r"no language of sociaal-werkers/start 'fr'; there is: de, de\+nl, nl, nl\+de"):
        sent(services, NOOR, wanted=("fr",))

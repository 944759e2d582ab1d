"""A mail that went out can be rendered again to the byte."""

import pytest

from outreach.errors import DefinitionError, NotFound, TokenRefused
from outreach.model.wave import Status
from outreach.rights.queries import forget
from outreach.services import Services
from outreach.steps import sending, shown
from tests.builders_delivery import no_wait, planned_wave, sending_wave
from tests.fakes import FakeProvider

PROVED = "proved: the call made up again has the hash of the one that went out"


def sent(services: Services, people: int = 4) -> FakeProvider:
    sending.send_batches(services, sending_wave(services, people), no_wait)
    assert isinstance(services.provider, FakeProvider)
    return services.provider


def test_every_mail_is_rendered_again_to_the_byte(services: Services):
    provider = sent(services)

    again = [shown.show(services, mail.rid) for mail in provider.mails]

    assert [one.mail for one in again] == provider.mails
    assert {(one.proof, one.status, one.provider) for one in again} == {(PROVED, Status.ACCEPTED, "fake")}
    assert [shown.show(services, str(one.delivery_id)) for one in again] == again


def test_what_has_not_gone_out_is_called_so(services: Services):
    planned_wave(services, 1)

    found = shown.show(services, "1")

    assert (found.proof, found.status, found.sent_at) == ("it has not gone out yet", Status.PLANNED, None)


def test_who_was_forgotten_has_no_mail_and_the_others_of_the_call_have_no_proof(services: Services):
    provider = sent(services, people=2)
    with services.sessions.begin() as session:
        forget.blank_deliveries(session, [1], services.tokens.rid)

    with pytest.raises(DefinitionError) as caught:
        shown.show(services, "1")
    other = shown.show(services, "2")

    assert str(caught.value).startswith("delivery 1 (sociaal-werkers/start): its recipient asked to be forgotten")
    assert other.mail == provider.mails[1]
    assert other.proof.startswith("somebody in the same call asked to be forgotten")


def test_another_email_api_is_named_instead_of_a_proof(services: Services):
    provider = sent(services, people=1)
    provider.name = "other"

    assert shown.show(services, "1").proof == (
        "it went out through fake; with OUTREACH_PROVIDER=fake it can be compared with the hash that was kept"
    )


@pytest.mark.parametrize(("reference", "error"), [("7", NotFound), ("nonsense", TokenRefused), ("٧", TokenRefused)])
def test_what_is_not_there_is_told(services: Services, reference: str, error: type[Exception]):
    with pytest.raises(error):
        shown.show(services, reference)

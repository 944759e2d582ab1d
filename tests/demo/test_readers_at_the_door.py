"""Readers and the real receiver: what one does, the other takes and counts."""

from collections.abc import Callable
from dataclasses import replace

import httpx
from sqlalchemy import select

from outreach.calls import queries as calls
from outreach.demo.reader_people import Shares
from outreach.demo.readers import simulate
from outreach.model.campaign import Call, Field, FieldKind
from outreach.model.wave import BatchState
from outreach.receiver.app import create
from outreach.services import Services
from outreach.steps import figures
from outreach.store.tables import BatchRow, DeliveryRow, LinkRow
from tests.builders_dashboard import stored_batch, stored_campaign, stored_delivery, stored_wave
from tests.builders_readers import MAIL, OUTBOX, PUBLIC, TOKEN, World

READERS = 24

CALL = Call(
    slug="gouden",
    title={"nl": "Gouden gemeente"},
    intro={"nl": "Noem er een"},
    button={"nl": "Verstuur"},
    thanks={"nl": "Dank"},
    fields=(
        Field("municipality", FieldKind.LINE, {"nl": "Gemeente"}, limit=80),
        Field("approach", FieldKind.TEXT, {"nl": "Aanpak"}, limit=600),
        Field(
            "theme", FieldKind.CHOICE, {"nl": "Thema"}, choices={"youth": {"nl": "Jeugd"}, "living": {"nl": "Wonen"}}
        ),
        Field("email", FieldKind.EMAIL, {"nl": "E-mail"}, required=False),
        Field("agreed", FieldKind.CHECK, {"nl": "Akkoord"}),
    ),
    goal=10,
    fold_by="municipality",
)


class Town(httpx.AsyncBaseTransport):
    """The outbox of a small world and the real receiver, each at its address."""

    def __init__(self, services: Services) -> None:
        self._outbox = World(mails=READERS, html=_mail_of(services)).transport()
        self._receiver = httpx.ASGITransport(create(services, form_seconds=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        at_outbox = f"{request.url.scheme}://{request.url.netloc.decode()}" == OUTBOX
        return await (self._outbox if at_outbox else self._receiver).handle_async_request(request)


def _mail_of(services: Services) -> Callable[[int], str]:
    def html(number: int) -> str:
        mail = MAIL.replace('<img src="{public}/static/logo.png" alt="">', "Logo").format(
            public=PUBLIC, rid=services.tokens.rid(number)
        )
        return mail.replace(f"token-{services.tokens.rid(number)}", services.tokens.unsubscribe(number))

    return html


def sent_wave(services: Services) -> int:
    with services.sessions.begin() as session:
        campaign_id = stored_campaign(session)
        calls.save_call(session, campaign_id, CALL)
        wave_id = stored_wave(session, campaign_id)
        batch_id = stored_batch(session, wave_id, 1, BatchState.ACCEPTED, READERS)
        for _ in range(READERS):
            stored_delivery(session, wave_id, batch_id, tracked=True)
        message_id = session.scalars(select(BatchRow.message_id)).one()
        pages = ("/", "/calls/gouden?lang=nl", "/?lang=nl")
        session.add_all(
            LinkRow(message_id=message_id, position=n, url=f"{PUBLIC}{page}", label="") for n, page in enumerate(pages)
        )
    return wave_id


def test_what_readers_do_is_what_the_receiver_counts(services: Services):
    at_home = services.settings.model_copy(update={"public_url": PUBLIC, "trusted_proxies": ("127.0.0.1",)})
    services = replace(services, settings=at_home)
    wave_id = sent_wave(services)
    shares = Shares(scanned=0, read=1, click=0.9, answer=0.8, unsubscribe=0.2, by_page=0.5)

    done = simulate(OUTBOX, TOKEN, PUBLIC, shares=shares, wait=0, transport=Town(services))

    counted = figures.totals(services, [wave_id])
    assert (done.errors, done.trouble) == (0, ())
    assert done.signups > 10
    assert {name: counted[name] for name in ("opens", "clicks", "signups", "unsubscribes")} == {
        "opens": done.opens,
        "clicks": done.clicks,
        "signups": done.signups,
        "unsubscribes": done.unsubscribes,
    }
    with services.sessions() as session:
        left = session.scalars(select(DeliveryRow.id).where(DeliveryRow.unsubscribed_at.is_not(None))).all()
    assert len(left) == done.unsubscribes > 0

"""Pictures of mails for their approver."""

from sqlalchemy import insert

from outreach.receiver.headers import SAFE, UNLISTED
from outreach.services import Services
from outreach.store.tables import PictureRow
from tests.builders_delivery import planned_wave
from tests.receiver.client import Client


def test_a_picture_is_shown_to_whoever_has_its_address(services: Services, client: Client) -> None:
    wave_id = planned_wave(services, 0)
    row = {"key": "a-key_1", "wave_id": wave_id, "message": "nl", "width": 390, "scheme": "dark", "png": b"\x89PNG"}
    with services.sessions.begin() as session:
        session.execute(insert(PictureRow), [row])

    answer = client.get("/pictures/a-key_1.png")

    assert (answer.status_code, answer.content) == (200, b"\x89PNG")
    wanted = {**SAFE, **UNLISTED, "Cache-Control": "private, max-age=3600", "Content-Type": "image/png"}
    assert {name: answer.headers[name] for name in wanted} == wanted


def test_an_address_that_was_guessed_leads_nowhere(services: Services, client: Client) -> None:
    assert [client.get(f"/pictures/{key}.png").status_code for key in ("guess", "%00", "..%2Fx")] == [404, 404, 404]

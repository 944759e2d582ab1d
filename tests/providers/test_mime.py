"""Mails on the wire: a text that is encoded once for all says to everybody what it would, encoded for them alone."""

import quopri
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE

from hypothesis import given
from hypothesis import strategies as st

from outreach.model.mail import Recipient
from outreach.providers import mime
from tests.builders_providers import message

KNOWN = ["@@first_name@@", "@@rid@@"]
# a line that ends in half before a slot, and goes on behind it, is one line end where the slot is empty, or two
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r@") | st.sampled_from(" .=\n"), max_size=90
)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=90)
TEMPLATES = st.lists(WORDS | st.sampled_from(KNOWN), max_size=8).map("".join)


@given(TEMPLATES, VALUES, VALUES)
def test_a_text_encoded_once_is_read_as_if_it_were_encoded_for_one_alone(template: str, name: str, rid: str) -> None:
    mail = message(html=template, text=template, subject="Nieuws", headers={})
    who = Recipient("r1", "noor@example.org", {"first_name": name, "rid": rid})

    together, alone = mime.Form(mail, "x").content(who), mime.content(mail.fill(who), "x")

    assert _texts(together) == _texts(alone)
    assert max(map(len, together.split(b"\r\n"))) <= 76


def _texts(content: bytes) -> list[bytes]:
    mail = message_from_bytes(content, _class=EmailMessage, policy=WIRE)
    return [quopri.decodestring(part.get_payload().encode()) for part in mail.walk() if not part.is_multipart()]

"""SES's adapter against aws-ses-v2-local, which others wrote after Amazon's API, and which renders as that does."""

from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import httpx

from outreach.model.mail import Address, Mail, MergePlan
from tests.builders_providers import message, recipient, rids
from tests.providers import test_ses
from tests.providers.contract import new_key


def test_what_is_merged_there_is_what_filling_here_gives(local_ses: str) -> None:
    people = (
        recipient("anna@example.com", first_name="Anna <b> & {{t_rid}} }}"),
        recipient("bo@example.com", first_name=""),
        recipient("cleo@example.com", first_name='Zoë "☃" \\'),
    )
    html = (
        "<style>a{{b}} {@@first_name@@}</style> {{{#if x}}} <a href='https://example.org/@@rid@@'>@@unsubscribe@@</a>"
    )
    merge = MergePlan(message(html=html, text="{{/x}} @@first_name@@ \\{{!-- @@rid@@"), people)
    provider = test_ses.make(local_ses)

    receipts = provider.send(provider.prepare(merge), new_key(), rids(merge))

    provider.close()
    kept = httpx.get(f"{local_ses}/store").json()["emails"]
    assert [(receipt.rid, receipt.provider_id) for receipt in receipts] == [
        (mail.rid, found["messageId"]) for mail, found in zip(map(_mail, kept), kept, strict=True)
    ]
    assert [_mail(found) for found in kept] == list(merge.mails())


def _mail(kept: dict[str, Any]) -> Mail:
    name, email = parseaddr(kept["from"])
    headers = {header["name"]: header["value"] for header in kept["headers"]}
    (to,), (reply_to,) = kept["destination"]["to"], kept["replyTo"]
    return Mail(
        rid=headers["X-Entity-Ref-ID"],  # its tags are not kept
        recipient=to,
        sender=Address(email, str(make_header(decode_header(name)))),
        reply_to=reply_to,
        subject=kept["subject"],
        html=kept["body"]["html"],
        text=kept["body"]["text"],
        headers=headers,
    )

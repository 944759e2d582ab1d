"""The outbox's pages: inboxes, mails, and what they never let through."""

import email
from collections.abc import Callable
from email.policy import SMTP
from typing import Any

import pytest

from outreach.demo.outbox import pages
from tests.demo.outbox.conftest import Client

Send = Callable[..., list[dict[str, Any]]]


def subjects(html: str) -> list[str]:
    return [part.partition(">")[2].partition("<")[0] for part in html.split('class="open"')[1:]]


def test_an_empty_outbox_says_what_will_come(outbox: Client) -> None:
    assert "No mail yet" in outbox.get("/").text


def test_the_newest_mails_come_first(outbox: Client, send: Send) -> None:
    send("anna@example.com", subject="one")
    send("bo@example.com", subject="two")

    assert subjects(outbox.get("/").text) == ["two", "one"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("to=ANNA", ["two", "one"]),
        ("to=%25", []),
        ("to=a_na", []),
        ("to=bo%40", ["two"]),
        ("subject=one", ["one"]),
        ("to=anna&subject=two", ["two"]),
        ("subject=never+sent", []),
    ],
)
def test_mails_are_found_by_recipient_and_subject(outbox: Client, send: Send, query: str, found: list[str]) -> None:
    send("anna@example.com", subject="one")
    send("anna@example.com", "bo@example.com", subject="two")
    shown = subjects(outbox.get(f"/?{query}").text)

    assert shown == found


def test_a_wave_is_one_choice_however_its_subject_is_filled(outbox: Client, send: Send) -> None:
    send("anna@example.com")

    assert '<option value="Hallo @@first_name@@">' in outbox.get("/").text
    assert subjects(outbox.get("/?subject=Hallo+%40%40first_name%40%40").text) == ["Hallo Anna &amp; Bo"]


def test_an_inbox_shows_the_mails_of_one_address(outbox: Client, send: Send) -> None:
    send("anna@example.com", "joanna@example.com", subject="x")

    page = outbox.get("/inbox/Anna@example.com").text

    assert (subjects(page), "joanna" in page) == (["x"], False)


def test_pages_follow_each_other_without_a_gap(outbox: Client, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "A_PAGE", 2)
    for n in range(5):
        send("anna@example.com", subject=f"s{n}")

    seen, query = [], "?"
    while query:
        page = outbox.get(f"/{query}").text
        seen.append(subjects(page))
        older = page.partition('class="older" href="')[2].partition('"')[0]
        query = older.replace("&amp;", "&")

    assert seen == [["s4", "s3"], ["s2", "s1"], ["s0"]]


def test_a_mail_shows_its_parts(outbox: Client, send: Send) -> None:
    (result,) = send("anna@example.com")
    page = f"/mail/{result['id']}"

    assert "Unsubscribe" in outbox.get(page).text
    assert "Hallo Anna &amp; Bo\n" in outbox.get(f"{page}?view=text").text
    assert "List-Unsubscribe:" in outbox.get(f"{page}?view=headers").text
    assert "multipart/alternative" in outbox.get(f"{page}?view=source").text
    assert "<iframe" in outbox.get(f"{page}?view=nonsense").text


def test_the_html_part_opens_links_in_a_new_tab_and_is_otherwise_as_it_was(outbox: Client, send: Send) -> None:
    (whole, bare) = send("anna@example.com")[0], send("anna@example.com", html="<p>x</p>")[0]

    assert outbox.get(f"/mail/{whole['id']}/html").text == (
        '<html><head><base target="_blank"><title>x</title></head><body><p>Hallo Anna &amp; Bo</p></body></html>'
    )
    assert outbox.get(f"/mail/{bare['id']}/html").text == '<base target="_blank"><p>x</p>'


def test_a_mail_cannot_run_scripts_and_pages_load_nothing_from_elsewhere(outbox: Client, send: Send) -> None:
    (result,) = send("anna@example.com", html="<script>alert(1)</script>")

    for path in ("/", "/inbox/x", f"/mail/{result['id']}", "/mail/none", f"/mail/{result['id']}/html"):
        policy = outbox.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "script-src" not in policy
        assert "allow-scripts" not in policy
    assert "sandbox" in outbox.get(f"/mail/{result['id']}/html").headers["content-security-policy"]
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in outbox.get(f"/mail/{result['id']}").text


def test_what_senders_wrote_is_escaped_on_every_page(outbox: Client, send: Send) -> None:
    evil = "<script>alert(1)</script>"
    sender = {"email": f'"{evil}"@example.org', "name": evil}
    (result,) = send(
        "anna@example.com",
        subject=evil,
        text=evil,
        headers={"X-A": evil, "List-Unsubscribe": "<javascript:alert(1)>"},
        **{"from": sender},
    )

    views = [f"/mail/{result['id']}{view}" for view in ("", "?view=text", "?view=headers", "?view=source")]
    for path in ("/", "/inbox/anna@example.com", f"/inbox/{evil}", f"/?to={evil}&subject={evil}", *views):
        page = outbox.get(path).text
        assert ("<script" in page, 'href="javascript' in page) == (False, False)


def test_a_mail_that_is_not_there_is_404_in_every_view(outbox: Client) -> None:
    assert [outbox.get(path).status_code for path in ("/mail/x", "/mail/x/html", "/mail/x.eml")] == [404, 404, 404]


@pytest.mark.parametrize(
    "subject",
    ["plain", "Größe und Übermaß " * 12, "long " * 40, "Ω", "", "x" * 300, "two  blanks", "naïve  " * 30 + "end"],
)
def test_the_download_is_a_mail_without_defects(outbox: Client, send: Send, subject: str) -> None:
    long = "word " * 300 + "ü" * 2000
    (result,) = send("anna@example.com", subject=subject, text=f"{long}\n", html=f"<p>{long}</p>")

    answer = outbox.get(f"/mail/{result['id']}.eml")
    mail = email.message_from_bytes(answer.content, policy=SMTP)
    plain, html = mail.iter_parts()

    assert answer.headers["content-disposition"] == f'attachment; filename="{result["id"]}.eml"'
    assert [part.defects for part in (mail, plain, html)] == [[], [], []]
    assert [mail[name].defects for name in mail] == [() for _ in mail]
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 998
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    assert (mail["Subject"] or "").rstrip() == subject.rstrip()
    assert [part.get_content().splitlines() for part in (plain, html)] == [[long], [f"<p>{long}</p>"]]


def test_the_unsubscribe_header_arrives_as_it_was_sent(outbox: Client, send: Send) -> None:
    (result,) = send("anna@example.com")

    source = outbox.get(f"/mail/{result['id']}.eml").content
    mail = email.message_from_bytes(source, policy=SMTP)

    address = f"<https://example.org/u/{'t' * 90}>"
    assert address.encode() in source
    assert mail["List-Unsubscribe"].strip() == f"{address}, <mailto:uit@example.org>"
    assert str(mail["From"]) == "Vereniging Überall <nieuws@example.org>"
    assert (mail["To"], mail["Reply-To"]) == ("anna@example.com", "redactie@example.org")


def test_style_icon_and_health_answer(outbox: Client) -> None:
    assert [outbox.get(path).status_code for path in ("/outbox.css", "/icon.svg", "/healthz")] == [200, 200, 200]


def test_an_address_is_broken_after_its_at_and_stays_text(outbox: Client, send: Send) -> None:
    (kept,) = send("anna@example.com", reply_to="<b>@example.org")

    page = outbox.get(f"/mail/{kept['id']}").text

    assert ("anna@<wbr>example.com</a></dd>" in page, "<dd>&lt;b&gt;@<wbr>example.org</dd>" in page) == (True, True)

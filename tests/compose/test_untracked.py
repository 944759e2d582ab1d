import re

from outreach.compose.untracked import as_test, with_true_links
from outreach.model.mail import Message
from tests.builders_compose import PUBLIC, body, call, campaign, compiled, reader, wave

PAPER = "https://www.example.org/paper?a=1&b=2"
TEXT = f"""{{{{ salutation }}}}

[Het stuk]({PAPER}) en nog eens [hier](https://www.example.org/b).

{{{{ button("join") }}}}"""


def mail(variant: str = "nl+de") -> Message:
    definition = wave(TEXT, body("de", TEXT))
    return compiled(definition, variant, of=campaign(definition, calls={"join": call()}))


def hrefs(html: str) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]*)"', html)


def test_links_lead_where_they_say_and_nothing_counts():
    message = mail()
    assert len(message.links) > 2

    true = with_true_links(message, PUBLIC)

    assert "/c/@@rid@@" not in true.html + true.text
    assert "@@pixel@@" not in true.html
    assert PAPER.replace("&", "&amp;") in hrefs(true.html)
    assert PAPER in true.text
    assert f"{PUBLIC}/calls/join?lang=nl" in true.text
    assert true.links == ()


def test_what_stands_beside_a_trace_stays():
    message = mail("nl")

    words = "".join(with_true_links(message, PUBLIC).fill(reader(message)).html.split("<body")[1].split())

    assert "Hetstuk</a>ennogeens" in words


def test_a_test_says_so_and_belongs_to_no_list():
    message = mail()

    test = as_test(message, PUBLIC)

    assert test.subject == f"[TEST] {message.subject}"
    assert test.headers == {"Content-Language": "nl, de"}
    assert test.slots <= {"first_name", "organisation", "salutation_nl", "salutation_de"}
    assert "Afmelden [TEST]</span>" in test.html
    assert "Afmelden: [TEST]\n" in test.text


def test_only_links_into_the_ledger_are_replaced():
    before, after = with_true_links(mail(), PUBLIC), as_test(mail(), PUBLIC)

    assert hrefs(after.html) == [href for href in hrefs(before.html) if "@@" not in href]

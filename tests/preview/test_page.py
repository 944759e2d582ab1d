"""The page without scripts: what it shows, what it follows, and what it refuses."""

import html
import re
from pathlib import Path

from tests.builders_compose import BODY_MD
from tests.builders_people import Soul, add, suppress
from tests.builders_preview import changed
from tests.preview.conftest import HERE, Desk

READERS = {"noor": "Beste Noor,", "nobody": "Goedendag,", "long": "Beste Wilhelmina-Al", "rtl": "Beste نور,"}


def frames(page: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<iframe src="([^"]+)"', page)]


def test_every_variant_stands_beside_the_others_on_every_screen_in_every_colour(desk: Desk):
    page = desk.page(campaign="x", wave="start", screen="both", colours="both")

    assert len(frames(page)) == 4 * 2 * 2
    for address in frames(page):
        answer = desk.client.get(address)
        assert answer.status_code == 200
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "@@" not in answer.text
        assert "prefers-color-scheme" not in answer.text
    assert page.count("the reader gets this one") == 1


def test_one_variant_can_be_looked_at_alone_and_one_that_is_gone_shows_all(desk: Desk):
    assert len(frames(desk.page(variant="nl+de"))) == 1
    assert len(frames(desk.page(variant="nl+fr"))) == 4


def test_a_newsletter_is_never_empty(desk: Desk):
    (address,) = frames(desk.page(wave="news", variant="nl"))

    assert "Voorbeeld: buurthuis opent zijn keuken" in desk.client.get(address).text


def test_readers_differ(desk: Desk):
    changed(desk.folder / "start.nl.md", {"Een tekst.": "{{ salutation }}"})

    for reader, greeting in READERS.items():
        assert f"\n\n{greeting}" in desk.page(reader=reader, view="text", variant="nl")


def test_headers_are_shown_as_they_would_travel(desk: Desk):
    page = html.unescape(desk.page(view="headers", variant="nl"))

    assert "To: noor@example.org\nReply-To: redactie@example.org\nSubject: Hallo\n" in page
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in page


def test_a_mistake_is_told_with_file_and_line_instead_of_the_mails_until_it_is_mended(desk: Desk):
    mistake = {'layout = "newsletter"': 'layout = "poster"'}
    changed(desk.folder / "campaign.toml", mistake)

    page = html.unescape(desk.page(campaign="x", wave="start"))

    assert "templates/campaigns/x/campaign.toml: line 27: waves.start.layout: unknown layout 'poster'" in page
    assert frames(page) == []
    assert desk.client.get("/frame/x/start/nl").status_code == 422
    changed(desk.folder / "campaign.toml", {new: old for old, new in mistake.items()})
    assert len(frames(desk.page(campaign="x", wave="start"))) == 4


def test_a_mistake_in_a_text_names_its_line_too(desk: Desk):
    changed(desk.folder / "start.de.md", {"Een tekst.": "{{ button('jion') }}"})

    assert "templates/campaigns/x/start.de.md: line 6: no call 'jion'; there is: join" in html.unescape(desk.page())


def test_findings_stand_beside_the_mails(desk: Desk):
    changed(desk.folder / "start.nl.md", {"Een tekst.": "✎ Een tekst."})

    page = html.unescape(desk.page())

    assert "line 6 still holds “✎ Een tekst.”" in page
    assert "1 to mend" in page


def test_the_page_knows_when_something_changed(desk: Desk):
    first = desk.client.get("/changed?campaign=x&wave=start")
    same = desk.client.get("/changed?campaign=x&wave=start", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, same.status_code) == (204, 304)

    (desk.folder / "NOTES.md").write_text("a word")

    after = desk.client.get("/changed?campaign=x&wave=start", headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 204


def test_files_that_lead_nowhere_or_go_meanwhile_are_passed_over(desk: Desk):
    (desk.folder / ".#start.nl.md").symlink_to("somebody@desk.1234")  # as an editor marks a file that it edits

    assert desk.client.get("/?campaign=x").status_code == 200
    assert desk.client.get("/changed?campaign=x&wave=start").status_code == 204


def test_without_any_campaign_it_says_how_to_begin_one(desk: Desk):
    (desk.folder / "campaign.toml").unlink()

    assert "outreach campaign new my-campaign" in desk.page()


def test_a_translation_is_declared_up_to_date_by_a_button(desk: Desk):
    path = desk.folder / "start.de.md"
    changed(path, {"+++\n\n": 'translated_from = "old"\n+++\n\n'})
    assert "Translation de is up to date" in desk.page()

    page = desk.after("/translated", language="de")

    assert "start.de.md is declared up to date" in page
    assert "Translation de is up to date" not in page
    assert re.search(r'translated_from = "[0-9a-f]{12}"', path.read_text())


def test_a_test_is_sent_from_the_page_and_told_about_once(desk: Desk):
    with desk.services.sessions.begin() as session:
        suppress(session, "bo@example.org")

    page = desk.after("/test", to="Noor <noor@example.org>\nbo@example.org", variants="nl")

    assert "noor@example.org, Dutch: accepted" in page
    assert "bo@example.org, Dutch: never written to since" in page
    assert [mail.recipient for mail in desk.services.provider.mails] == ["noor@example.org"]  # type: ignore[attr-defined]


def test_a_real_reader_is_masked_in_the_list_and_no_address_of_a_page_holds_theirs(desk: Desk):
    with desk.services.sessions.begin() as session:
        known = add(session, Soul("bo@example.org", language="de"))

    there = desk.post("/reader", address=" Bo@Example.org ")

    assert "bo" not in there
    (number,) = known.values()
    page = desk.client.get(there).text
    assert f'<option value="{number}" selected>b…@example.org</option>' in page
    assert "bo@example.org" not in page
    assert "To: bo@example.org" in desk.page(reader=str(number), view="headers")
    assert '<h2 id="variant-1">German</h2>\n<p class="own">' in desk.page(reader=str(number), variant="de")


def test_somebody_who_is_not_in_the_files_is_told(desk: Desk):
    assert "no person with the address 'jan@example.org'" in html.unescape(
        desk.after("/reader", address="jan@example.org")
    )


def test_only_this_machine_is_answered_by_its_own_names(desk: Desk):
    for host in ("evil.example.org", "127.0.0.1.example.org", "192.0.2.1:8475"):
        assert desk.client.get("/", headers={"Host": host}).status_code == 400
    assert desk.client.get("/", headers={"Host": "localhost:8475"}).status_code == 200


def test_forms_of_other_pages_are_refused(desk: Desk):
    form = {"campaign": "x", "wave": "start", "to": "noor@example.org", "address": "bo@example.org"}
    own = {**form, "token": desk.token}
    refused: list[tuple[dict[str, str], dict[str, str]]] = [
        (form, {"Origin": HERE}),
        ({**form, "token": "wrong"}, {"Origin": HERE}),
        (own, {}),
        (own, {"Origin": "http://evil.example.org"}),
        (own, {"Origin": "null"}),
    ]

    for path in ("/test", "/translated", "/reader"):
        answers = [desk.client.post(path, data=data, headers=headers) for data, headers in refused]
        assert [answer.status_code for answer in answers] == [403] * 5
        assert desk.client.get(path).status_code == 405
    assert desk.services.provider.calls == []  # type: ignore[attr-defined]


def test_the_campaigns_own_files_are_shown_from_here_and_no_others(desk: Desk):
    (desk.folder / "assets").mkdir()
    (desk.folder / "assets" / "paper.pdf").write_bytes(b"%PDF-1.4")
    changed(desk.folder / "start.nl.md", {"Een tekst.": "[Lees]({{ asset('paper.pdf') }})"})
    (address,) = frames(desk.page(wave="start", variant="nl"))

    assert f'href="{HERE}/campaigns/x/assets/paper.pdf"' in desk.client.get(address).text
    answer = desk.client.get("/campaigns/x/assets/paper.pdf")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "sandbox" in answer.headers["content-security-policy"]
    for path in (
        "/campaigns/x/assets/..%2fcampaign.toml",
        "/campaigns/x/assets/nothing.pdf",
        "/campaigns/y/assets/a.pdf",
    ):
        assert desk.client.get(path).status_code == 404


def test_hostile_words_stay_words(desk: Desk):
    hostile = BODY_MD.replace('"Hallo"', "'''<script>alert(1)</script>'''")
    Path(desk.folder / "start.nl.md").write_text(hostile)

    assert "<script>alert" not in desk.page() + desk.page(view="headers") + desk.page(view="text")

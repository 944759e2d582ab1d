"""A wave that tries two versions of its texts: each is a mail of its own to look at."""

import html

from tests.preview.conftest import Desk


def test_the_second_version_stands_beside_the_first_in_the_list_and_has_its_own_subject(desk: Desk):
    toml = desk.folder / "campaign.toml"
    toml.write_text(toml.read_text() + "\n[waves.start.versions]\nshare = 0.1\n")
    for language in ("nl", "de"):
        (desk.folder / f"start.b.{language}.md").write_text('+++\nsubject = "Heel anders"\n+++\n')

    pages = {wave: html.unescape(desk.page(wave=wave, variant="nl")) for wave in ("start", "start.b")}

    assert {wave: '<option value="start.b"' in page for wave, page in pages.items()} == {"start": True, "start.b": True}
    assert {wave: "<strong>Heel anders</strong>" in page for wave, page in pages.items()} == {
        "start": False, "start.b": True
    }  # fmt: skip

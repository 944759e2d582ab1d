"""caniemail over all mails: what they use that a mail program does not know must be on the list, and the list shrinks.

`clients.json` holds, for each program that our readers have, what is used although it is not known there: it may be
missing, the mail is whole without it. GMX and WEB.DE are not among caniemail's programs; they drop `<style>`, and
that the mail is whole without it is judged in Chromium (`test_browser.py`).
"""

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from lxml import etree
from lxml import html as parser  # type: ignore[import-untyped]

from tests.judges.conftest import HERE, Node
from tests.judges.mails import shipped

TOLERATED: dict[str, list[str]] = json.loads((HERE / "clients.json").read_text("utf-8"))


def gathered(pages: Iterable[str]) -> str:
    """One page with each different element of all pages once: the judge looks at elements one by one, and slowly."""
    elements = {_kind(element): element for page in pages for element in parser.fromstring(page).iter(etree.Element)}
    return f"<div>{''.join(_alone(element) for element in elements.values())}</div>"


def _kind(element: Any) -> tuple[object, ...]:
    target = element.get("href", "").partition(":")[0][:6]
    inside = element.text if element.tag == "style" else ""
    return element.tag, tuple(element.attrib), element.get("style"), target, inside


def _alone(element: Any) -> str:
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in element.attrib.items())
    return f"<{element.tag} {attributes}>{element.text if element.tag == 'style' else ''}</{element.tag}>"


def test_mails_use_only_what_their_readers_programs_know_or_may_miss(node: Node, tmp_path: Path):
    page = tmp_path / "all.html"
    page.write_text(gathered(one.mail.html for one in shipped()), encoding="utf-8")
    used = json.loads(node("caniemail.mjs", str(page), *TOLERATED))

    new = {client: sorted(set(used[client]) - set(TOLERATED[client])) for client in TOLERATED}
    gone = {client: sorted(set(TOLERATED[client]) - set(used[client])) for client in TOLERATED}
    assert {client: features for client, features in new.items() if features} == {}, "find a way that is known there"
    assert {client: features for client, features in gone.items() if features} == {}, "take them out of clients.json"

# ruff: noqa: E501 - a row of a table stays on one line
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.compose.markdown import escaped, read

BLOCKS = {
    "button": lambda url, words: f"[{words}|{url}]",
    "progress": lambda _url, words: f"({words})",
    "event": lambda slug, _words: f"<event {slug}>",
    "portrait": lambda url, alt: f"<portrait {url} {alt}>",
    "quote": lambda said, speaker: f"<quote {speaker}>{said}</quote>",
    "divider": lambda _matter, _words: "<divider>",
}


def html(source: str, depth: int = 0) -> str:
    return read(source).html(depth, BLOCKS)


def text(source: str) -> str:
    return read(source).text(lambda url, _words: url, lambda slug, words: f"{words}: {slug}\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>hoi</b>", "<p>&lt;b onclick=x&gt;hoi&lt;/b&gt;</p>\n"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>\n"),
        ("[Ga & doe](https://a.example/ \"button\")", "[Ga & doe|https://a.example/]"),
        ("Klik [hier](https://a.example/ \"button\") nu", "<p>Klik <a href=\"https://a.example/\" title=\"button\">hier</a> nu</p>\n"),
        ("[6 van 10](https://a.example/ \"progress\")", "(6 van 10)"),
        ("[Vakdag](event:vakdag \"event\")", "<event vakdag>"),
        ("[Vakdag](https://a.example/ \"event\")", "<p><a href=\"https://a.example/\" title=\"event\">Vakdag</a></p>\n"),
        ("[a](https://a.example/ \"button\") [b](https://b.example/ \"button\")", "<p><a href=\"https://a.example/\" title=\"button\">a</a> <a href=\"https://b.example/\" title=\"button\">b</a></p>\n"),
        ("![Noor](https://a.example/n.png \"portrait\")", "<portrait https://a.example/n.png Noor>"),
        ("![Noor](https://a.example/n.png)", "<p><img src=\"https://a.example/n.png\" alt=\"Noor\" width=\"568\" /></p>\n"),
        ("> zij zei", "<quote ><p>zij zei</p>\n</quote>"),
        ("> zij zei\n> — *Noor* de Wit", "<quote Noor de Wit><p>zij zei</p>\n</quote>"),
        ("> een\n>\n> twee\n>\n> – Noor", "<quote Noor><p>een</p>\n<p>twee</p>\n</quote>"),
        ("> — alleen dit", "<quote ><p>— alleen dit</p>\n</quote>"),
        (">", "<quote ></quote>"),
        ("> > diep\n>\n> — Noor", "<quote Noor><quote ><p>diep</p>\n</quote></quote>"),
        ("een\n\n---\n\ntwee", "<p>een</p>\n<divider><p>twee</p>\n"),
        ("@@salutation_nl@@ __x__", "<p>@@salutation_nl@@ <strong>x</strong></p>\n"),
    ],
)  # fmt: skip
def test_markdown_becomes_safe_html(source: str, expected: str):
    assert html(source) == expected


def test_headings_are_lowered_and_the_first_one_is_the_headline():
    prose = read("# Kop *een*\n\n## Twee\n\n# Nog een")

    assert prose.headline == "Kop een"
    assert prose.html(0, BLOCKS) == "<h2>Twee</h2>\n<h2>Nog een</h2>\n"
    assert prose.html(1, BLOCKS) == "<h3>Twee</h3>\n<h3>Nog een</h3>\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Dag **allemaal**,\nkom [hier](https://a.example/)!", "Dag allemaal, kom hier <https://a.example/>!"),
        ("<https://a.example/>", "https://a.example/"),
        ("[Doe mee](https://a.example/ \"button\")", "Doe mee:\nhttps://a.example/"),
        ("## Kop\n\ntekst", "Kop\n---\n\ntekst"),
        ("- een\n- twee\n  - drie", "- een\n- twee\n  - drie"),
        ("3. een\n4. twee", "3. een\n4. twee"),
        ("- een\n\n- twee", "- een\n- twee"),
        ("> zij zei\n>\n> dit", "> zij zei\n>\n> dit"),
        ("> zij zei\n> — Noor", "> zij zei\n>\n> — Noor"),
        ("[Vakdag](event:vakdag \"event\")", "Vakdag: vakdag"),
        ("![Noor](https://a.example/n.png \"portrait\")", "Noor"),
        ("een  \ntwee", "een\ntwee"),
        ("een\n\n---\n\ntwee", "een\n\n* * *\n\ntwee"),
        ("![een foto](https://a.example/x.png)", "een foto"),
        ("`code`\n\n    blok", "code\n\nblok"),
    ],
)  # fmt: skip
def test_markdown_becomes_readable_text(source: str, expected: str):
    assert text(source) == expected


def test_headings_within_a_quotation_are_lowered_too():
    assert html("> # Kop", 1) == "<quote ><h3>Kop</h3>\n</quote>"


def test_text_is_wrapped_but_addresses_are_not_broken():
    url = "https://a.example/" + "x" * 90

    assert text(f"{'woord ' * 14}[hier]({url})") == f"{' '.join(['woord'] * 12)}\nwoord woord hier\n<{url}>"


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1))
def test_escaped_words_are_shown_as_they_are(words: str):
    shown = " ".join(words.split())
    if shown:
        assert text(f"x {escaped(words)} x").split() == f"x {shown} x".split()

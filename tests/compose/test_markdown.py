# ruff: noqa: E501 - a row of a table stays on one line
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.compose.markdown import escaped, read

BLOCKS = {"button": lambda url, words: f"[{words}|{url}]", "progress": lambda _url, words: f"({words})"}


def html(source: str, depth: int = 0) -> str:
    return read(source).html(depth, BLOCKS)


def text(source: str) -> str:
    return read(source).text(lambda url, _words: url)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>hoi</b>", "<p>&lt;b onclick=x&gt;hoi&lt;/b&gt;</p>\n"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>\n"),
        ("[Ga & doe](https://a.example/ \"button\")", "[Ga & doe|https://a.example/]"),
        ("Klik [hier](https://a.example/ \"button\") nu", "<p>Klik <a href=\"https://a.example/\" title=\"button\">hier</a> nu</p>\n"),
        ("[6 van 10](https://a.example/ \"progress\")", "(6 van 10)"),
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
        ("een  \ntwee", "een\ntwee"),
        ("een\n\n---\n\ntwee", "een\n\n* * *\n\ntwee"),
        ("![een foto](https://a.example/x.png)", "een foto"),
        ("`code`\n\n    blok", "code\n\nblok"),
    ],
)  # fmt: skip
def test_markdown_becomes_readable_text(source: str, expected: str):
    assert text(source) == expected


def test_text_is_wrapped_but_addresses_are_not_broken():
    url = "https://a.example/" + "x" * 90

    assert text(f"{'woord ' * 14}[hier]({url})") == f"{' '.join(['woord'] * 12)}\nwoord woord hier\n<{url}>"


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1))
def test_escaped_words_are_shown_as_they_are(words: str):
    shown = " ".join(words.split())
    if shown:
        assert text(f"x {escaped(words)} x").split() == f"x {shown} x".split()

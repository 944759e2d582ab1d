import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.feeds import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jong & oud", "Jong & oud"),
        ("Jong &amp; oud", "Jong & oud"),
        ("<b>Vet</b> nieuws<script>alert(1)</script>", "Vet nieuws"),
        ('<img src=x onerror="alert(1)">Foto', "Foto"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Kop", "<script>alert(1)</script>Kop"),
        ("1 < 2 en 3 > 2", "1 < 2 en 3 > 2"),
        ("twee\n  regels", "twee regels"),
        ("tekst\u202egewisseld\x00", "tekstgewisseld"),
    ],
)
def test_a_title_becomes_one_plain_line(text: str, expected: str):
    assert words.title(text) == expected


def test_ends_of_paragraphs_become_lines():
    assert words.body("<p>Een\n zin.</p><p>Nog<br/>een.</p><style>p {}</style>") == "Een zin.\nNog\neen."


def test_a_long_text_is_cut_between_words():
    assert words.shortened("een twee drie vier", 12) == "een twee…"


def test_a_long_word_is_cut_where_it_must():
    assert words.shortened("a" * 50, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "/pad",
        "",
        "https://",
        "http://[::1",
        "https://example.org/a b",
        "mailto:x@example.org",
        "https://example.org/" + "a" * 2_000,
    ],
)
def test_a_link_that_is_no_web_address_is_dropped(address: str):
    assert words.link(address) == ""


def test_a_link_is_kept_as_it_is():
    assert words.link(" https://example.org/a?b=1&c=%20#d\n") == "https://example.org/a?b=1&c=%20#d"


@given(st.text())
def test_whatever_comes_can_be_stored_on_any_database(text: str):
    for shown in (words.title(text), words.body(text), words.link(text)):
        assert "\x00" not in shown
        shown.encode()

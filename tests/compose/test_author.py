"""What authors may write between curly braces, and what they may not, since it could run long, grow or read files."""

import pytest

from outreach.compose.author import LONGEST, legible
from outreach.errors import DefinitionError
from tests.builders_compose import ENVIRONMENT, body, compiled, wave

BRACES = "found {!r} between curly braces, which texts cannot have; write one of these names, such as {{{{ page }}}} or"
UNHOLDABLE = "found the character U+{}, which no mail can hold; take it out"


def problem(markdown: str) -> str:
    with pytest.raises(DefinitionError) as refused:
        compiled(wave(body("nl", markdown)))
    return str(refused.value).partition("nl.md: ")[2] or str(refused.value)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{% include 'mail/parts.html.jinja' %}", "include"),
        ("{% import 'mail/parts.html.jinja' as parts %}", "import"),
        ("{% from 'mail/parts.html.jinja' import footer %}", "fromimport"),
        ("{% extends 'mail/base.html.jinja' %}", "extends"),
        ("{% for a in 'xx' %}{% for b in 'xx' %}{% endfor %}{% endfor %}", "for"),
        ("{% set a = 'x' %}", "assign"),
        ("{% macro a() %}{{ a() }}{% endmacro %}", "macro"),
        ("{{ 'x' * 5000000 }}", "mul"),
        ("{{ 9 ** 9 ** 9 }}", "pow"),
        ("{{ '%1000000000d' % 1 }}", "mod"),
        ("{{ 'x'|center(1000000000) }}", "filter"),
        ("{{ 'x'.ljust(1000000000) }}", "call"),
    ],
)
def test_a_text_is_no_program(written: str, found: str):
    assert f"line 2: {BRACES.format(found)}" in problem(f"Dag\n{written}")


@pytest.mark.parametrize("name", ["range", "lipsum", "self", "cycler", "gettext"])
def test_a_text_knows_our_names_alone(name: str):
    assert f"line 1: {name!r} is undefined; known names: button, url, page, " in problem(f"{{{{ {name} }}}}")


@pytest.mark.parametrize(
    ("written", "code"),
    [("\x00", "0000"), ("\x0b", "000B"), ("\ud800", "D800"), ("\ufffe", "FFFE"), (r"{{ '\x00' }}", "0000")],
)
def test_a_character_that_no_mail_can_hold_is_named_with_its_line(written: str, code: str):
    assert f"line 3: {UNHOLDABLE.format(code)}" in problem(f"Dag\n\nHallo {written} daar")


def test_a_text_of_more_than_a_mail_has_room_for_is_refused_before_and_after_its_names_are_filled_in():
    assert f"found {LONGEST + 1} characters; a mail has room for {LONGEST}" in problem("x" * (LONGEST + 1))
    assert f"characters; a mail has room for {LONGEST}" in problem("{{ page }}" * (LONGEST // 40))


@pytest.mark.parametrize("written", ["{{ " + "(" * 9000 + "1" + ")" * 9000 + " }}", "{{ " + "9" * 5000 + " }}"])
def test_what_cannot_even_be_read_is_an_error_of_the_text(written: str):
    assert problem(written)


def test_a_text_may_depend_on_what_it_names():
    written = compiled(wave(body("nl", "{% if page == '' %}Weg{% else %}Lees {{ 'op ' ~ campaign }}{% endif %}")))

    assert "Lees op " in written.text


def test_the_templates_themselves_read_files_as_before():
    assert ENVIRONMENT.loader is not None
    compiled(wave(body("nl", "Dag")))
    assert ENVIRONMENT.loader is not None


def test_legible_text_stays_as_it_is():
    assert legible("Dag\t\r\n é 🙂 \ufffd") == "Dag\t\r\n é 🙂 \ufffd"

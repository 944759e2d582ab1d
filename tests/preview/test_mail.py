import pytest

from outreach.preview.mail import Program, as_shown, snippet
from tests.builders_compose import compiled, reader

CSS = "<head><style>@media (prefers-color-scheme: dark) and (max-width: 520px) { p { color: red } }</style></head><p>x"


@pytest.mark.parametrize(("dark", "feature"), [(True, "(min-width: 0)"), (False, "(max-width: 0)")])
def test_what_a_dark_program_looks_for_is_made_true_or_false(dark: bool, feature: str):
    assert f"@media {feature} and (max-width: 520px)" in as_shown(CSS, Program(dark=dark))


def test_a_mail_is_narrowed_to_the_colours_that_are_meant():
    message = compiled()
    html = message.fill(reader(message)).html

    dark = as_shown(html, Program(dark=True))

    assert "prefers-color-scheme" not in dark
    assert 'name="color-scheme" content="dark"' in dark
    assert "color-scheme: dark;" in dark
    assert "light dark" not in dark


def test_programs_that_drop_the_style_sheet_show_the_inlined_styles_alone():
    message = compiled()
    html = message.fill(reader(message)).html
    assert html.count("<style") > 0

    plain = as_shown(html, Program(styled=False))

    assert "<style" not in plain
    assert 'style="' in plain


def test_an_inbox_shows_the_preheader_and_nothing_of_what_follows():
    message = compiled()

    assert snippet(message.fill(reader(message)).html) == "Kom kijken"

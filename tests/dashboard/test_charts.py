import base64
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from outreach.dashboard import charts, measures, svg, words
from outreach.model.report import Cell
from tests.builders_dashboard import figures, report

SVG = "{http://www.w3.org/2000/svg}"


def parts(axis: str = "variant"):
    return [(words.variant(name), part) for name, part in measures.by(report(), axis).items()]


def texts(picture: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def bars(picture: str, fill: str) -> list[float]:
    rects = ElementTree.fromstring(picture).iter(f"{SVG}rect")
    return [float(rect.get("width", "")) for rect in rects if rect.get("fill") == fill and rect.get("height") == "30"]


def test_the_funnel_is_labelled_with_numbers_and_per_cent():
    assert texts(charts.funnel("De oproep", measures.of_wave(report()))) == [
        "From recipients to answers", "De oproep", "surely people", "everything",
        "Recipients", "3,000",
        "Accepted", "of recipients", "2,990", "99.7 %",
        "Delivered", "of recipients", "2,913", "97.1 %",
        "Opened", "of 2,400 who allow counting", "800 … 1,240", "33.3 … 51.7 %",
        "Clicked", "of 2,400 who allow counting", "305 … 340", "12.7 … 14.2 %",
        "Signed up", "of delivered", "41", "1.4 %",
    ]  # fmt: skip


def test_the_funnel_draws_what_is_sure_inside_what_was_seen():
    picture = charts.funnel("De oproep", measures.of_wave(report()))

    assert bars(picture, svg.MIST) == [113.7, 31.2]
    assert bars(picture, svg.TEAL) == [220.0, 219.3, 213.6, 73.3, 28.0]


def test_the_funnel_says_in_words_what_it_shows():
    root = ElementTree.fromstring(charts.funnel("De oproep", measures.of_wave(report())))

    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == (
        "De oproep: from recipients to answers",
        "3,000 recipients: accepted 2,990 (99.7 % of recipients), delivered 2,913 (97.1 % of recipients), "
        "opened 800 … 1,240 (33.3 … 51.7 % of 2,400 who allow counting), "
        "clicked 305 … 340 (12.7 … 14.2 % of 2,400 who allow counting), signed up 41 (1.4 % of delivered).",
    )


def test_where_no_delivery_is_reported_answers_are_a_share_of_what_was_accepted():
    quiet = report(cells={Cell("members", "nl"): figures(100, accepted=50, signups=5)}, tracked=0)

    assert measures.of_wave(quiet).signups.base == "of accepted"
    assert measures.of_wave(quiet).signups.share.percent == "10.0 %"


def test_a_comparison_has_a_row_per_part_the_largest_first():
    shown = texts(charts.comparison("By language", parts()))

    assert [text for text in shown if text in ("Nederlands", "Deutsch")] == ["Nederlands", "Deutsch"]


def test_a_comparison_of_many_parts_shows_the_largest_and_counts_the_rest():
    many = [(f"Region {n}", parts()[0][1]) for n in range(charts.SHOWN_PARTS + 3)]

    assert texts(charts.comparison("By audience", many))[-1] == "and 3 more in the table"


def test_hits_that_belong_to_nobody_are_no_part():
    nameless = report(cells={Cell("", ""): figures(0, opens=9), Cell("members", "nl"): figures(5)})

    assert list(measures.by(nameless, "audience")) == ["members"]


def test_an_empty_wave_has_a_funnel_too():
    empty = report(cells={}, tracked=0)

    assert bars(charts.funnel("Leeg", measures.of_wave(empty)), svg.TEAL) == [0.0] * 5


@given(st.text(max_size=80))
def test_no_title_breaks_the_picture(title: str):
    ElementTree.fromstring(charts.funnel(title, measures.of_wave(report())))
    ElementTree.fromstring(charts.comparison("By audience", [(title, measures.of_wave(report()))]))


@given(st.lists(st.integers(0, 10**7), min_size=7, max_size=7))
def test_no_figures_draw_outside_the_picture(values: list[int]):
    names = ("tracked", "accepted", "delivered", "opened", "opened_human", "clicked", "signups")
    odd = report(cells={Cell("a", "nl"): figures(100, **dict(zip(names, values, strict=True)))}, tracked=values[0])

    assert max(bars(charts.funnel("x", measures.of_wave(odd)), svg.TEAL)) <= 220


def test_the_image_carries_its_own_data_and_an_escaped_alternative():
    found = re.fullmatch(r"!\[a &#93; b\]\(data:image/svg\+xml;base64,(.*)\)", svg.image("<svg/>", "a ] b"))

    assert found is not None
    assert base64.b64decode(found[1]) == b"<svg/>"

import html
import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from outreach.dashboard.markdown import escape, link, progress_bar, table

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = st.text(st.one_of(st.sampled_from("|`<>[]()!*_~#-+=\\\n\r\t&;:/.@w1 "), st.characters()), max_size=60)

# what remark-gfm, which Prefect's UI uses, turns into links after entities are resolved
BARE_ADDRESS = re.compile(r"https?://[-.\w]|www\.[-.\w]|[-.\w+]@[-\w]+\.[-\w]", re.IGNORECASE)


def shapes(source: str) -> list[str]:
    """The tokens of rendered markdown without their words."""
    tokens = RENDERER.parse(source)
    inner = [child.type for token in tokens for child in token.children or () if child.type != "text"]
    return [token.type for token in tokens] + inner


@given(HOSTILE)
@example("a|b\n| c | d |")
@example("[x](https://evil.example)")
@example("<script>alert(1)</script>")
@example("![x](data:text/html,x)")
@example("`code` **bold** ~~gone~~")
def test_no_text_can_change_the_shape_of_a_table(text: str):
    def rows(cell: str) -> str:
        return table((("Title", "left"), ("Count", "right")), [[f"x{cell}", "1"], ["y", "2"]])

    assert shapes(rows(escape(text))) == shapes(rows("plain"))


@given(HOSTILE)
@example("# heading")
@example("1. one")
@example("    code")
@example("---")
@example("> quote")
def test_no_text_can_become_more_than_a_paragraph(text: str):
    assert shapes(f"x {escape(text)}") == shapes("x plain")
    assert shapes(escape(text)) in (shapes("plain"), [])


@given(HOSTILE)
@example("http://evil.example https://evil.example www.evil.example mallory@evil.example")
@example("HTTPS://EVIL.EXAMPLE")
@example("a@b@c.example")
def test_no_text_can_become_a_link_by_looking_like_an_address(text: str):
    assert BARE_ADDRESS.search(html.unescape(escape(text))) is None


def test_escaped_text_still_reads_as_it_was_written():
    rendered = RENDERER.render(escape("Anna's *nieuws*: 1 < 2 | [vrij]"))

    assert html.unescape(rendered) == "<p>Anna's *nieuws*: 1 < 2 | [vrij]</p>\n"


def test_a_link_ends_where_it_should():
    assert link("a]b", "http://127.0.0.1/x y)(") == "[a&#93;b](http://127.0.0.1/x%20y%29%28)"


def test_a_bar_is_full_only_when_the_goal_is_reached():
    assert [progress_bar(done, 10, width=4) for done in (0, 7, 9, 10, 14)] == ["░░░░", "██░░", "███░", "████", "████"]


def test_a_bar_without_a_goal_is_empty():
    assert progress_bar(3, 0, width=3) == "░░░"

"""CSS into style attributes, once per variant."""

import logging
from copy import deepcopy
from functools import lru_cache
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from premailer import Premailer


def parsed(page: str) -> Any:
    """Return the page's tree."""
    return etree.fromstring(page, etree.HTMLParser(remove_blank_text=False, huge_tree=False)).getroottree()


def inlined(page: str) -> Any:
    """Return the page's tree with its styles inlined.

    Only classes and element selectors may stand in the stylesheet; what must stay one (media queries, hover, Outlook's
    dark mode) stands in a `<style data-premailer="ignore">` and is kept as it is written.
    """
    return deepcopy(_inlined(page))


@lru_cache(maxsize=64)
def _inlined(page: str) -> Any:
    """Keep what a page became: planned again or previewed beside one that changed, it is the same."""
    return _inliner().transform(parsed(page).getroot())


class _Inliner(Premailer):  # type: ignore[misc]
    """Writes the rules of a stylesheet out once: variants share it, and that is most of what inlining costs."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> Any:
        rules, leftover = _rules(css_body, ruleset_index)
        return list(rules), list(leftover)


def _inliner() -> _Inliner:
    return _Inliner(
        cssutils_logging_level=logging.CRITICAL,  # it does not know properties younger than itself
        allow_network=False,
        strip_important=False,
        disable_validation=True,
        disable_leftover_css=True,
        align_floating_images=False,
        disable_basic_attributes=["width", "height", "align"],  # align="left" would float a table
    )


@lru_cache(maxsize=16)
def _rules(css_body: str, ruleset_index: int) -> Any:
    return Premailer._parse_style_rules(_inliner(), css_body, ruleset_index)


def written(tree: Any) -> str:
    """Return the tree as HTML, characters as they are."""
    return str(etree.tostring(tree.getroot().getroottree(), method="html", encoding="unicode"))

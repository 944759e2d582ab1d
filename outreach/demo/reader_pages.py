"""What a mail program or browser makes of HTML: pictures it loads, links and forms that a person sees."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = Mapping[str, str]

_UNSEEN_CLASS = re.compile(r"honeypot|trap|visually-hidden|sr-only|\bhp\b")
_UNSEEN_STYLE = re.compile(r"display:none|visibility:hidden|(left|top|text-indent):-\d{3,}|opacity:0(;|$)")
_NEVER_CLOSED = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link; a *button* catches the eye, what is not *seen* only a program follows."""

    href: str
    button: bool
    seen: bool


@dataclass
class Control:
    """One control of a form, or one group of radio buttons. *kind* is its HTML type, `select` or `textarea`."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)
    required: bool = False
    limit: int | None = None
    seen: bool = True


@dataclass
class Form:
    """A form with its controls in order; *button* is the name and value of the first button that sends it."""

    action: str
    method: str
    controls: list[Control] = field(default_factory=list)
    button: tuple[str, str] | None = None


@dataclass
class Page:
    """Everything of a page that a reader can do something with."""

    language: str = ""
    pictures: list[str] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    def form_to_send(self) -> Form | None:
        """Return the form with most questions; a page may also have a small one for the language."""
        posted = [form for form in self.forms if form.method == "post"]
        return max(posted, key=lambda form: len(form.controls), default=None)


def read(html: str) -> Page:
    """Return what is on the page *html*."""
    reader = _PageReader()
    reader.feed(html)
    reader.close()
    return reader.page


class _PageReader(HTMLParser):
    """Walks through a page; comments, so also Outlook's conditional ones, are not looked into."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._unseen: list[str] = []  # open elements from the outermost invisible one on
        self._form: Form | None = None
        self._text_of: Control | None = None
        self._options_of: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        hidden = _is_hidden(given)
        if (self._unseen or hidden) and tag not in _NEVER_CLOSED:
            self._unseen.append(tag)
        self._take(tag, given, seen=not (self._unseen or hidden))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._take(tag, given, seen=not (self._unseen or _is_hidden(given)))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            while self._unseen.pop() != tag:
                pass
        match tag:
            case "form":
                self._form = None
            case "textarea":
                self._text_of = None
            case "select":
                self._options_of = None

    def handle_data(self, data: str) -> None:
        if self._text_of:
            self._text_of.value += data

    def _take(self, tag: str, given: Attributes, *, seen: bool) -> None:
        match tag:
            case "html":
                self.page.language = given.get("lang", "").partition("-")[0].lower()
            case "img" if given.get("src"):
                self.page.pictures.append(given["src"])
            case "a" if given.get("href"):
                self.page.anchors.append(Anchor(given["href"], _is_button(given), seen))
            case "form":
                self._form = Form(given.get("action", ""), given.get("method", "get").lower())
                self.page.forms.append(self._form)
            case _ if self._form:
                self._take_control(self._form, tag, given, seen=seen)

    def _take_control(self, form: Form, tag: str, given: Attributes, *, seen: bool) -> None:
        kind = given.get("type", "text").lower() if tag == "input" else tag
        if tag == "option" and self._options_of and "disabled" not in given and given.get("value"):
            self._options_of.choices.append(given["value"])
        elif tag == "button" or kind in ("submit", "image"):
            if form.button is None:
                form.button = (given.get("name", ""), given.get("value", ""))
        elif tag in ("input", "select", "textarea") and given.get("name") and "disabled" not in given:
            self._add(form, kind, given, seen=seen)

    def _add(self, form: Form, kind: str, given: Attributes, *, seen: bool) -> None:
        if kind == "radio" and (group := _radios(form, given["name"])):
            group.choices.append(given.get("value", "on"))
            return
        limit = given.get("maxlength", "")
        control = Control(
            name=given["name"],
            kind=kind,
            value=given.get("value", "on" if kind in ("checkbox", "radio") else ""),
            required="required" in given,
            limit=int(limit) if limit.isdecimal() else None,
            seen=seen and given.get("tabindex") != "-1",
        )
        form.controls.append(control)
        if kind == "radio":
            control.choices.append(control.value)
        self._text_of = control if kind == "textarea" else None
        self._options_of = control if kind == "select" else None


def _radios(form: Form, name: str) -> Control | None:
    return next((control for control in form.controls if control.kind == "radio" and control.name == name), None)


def _is_hidden(given: Attributes) -> bool:
    style = given.get("style", "").replace(" ", "").lower()
    return (
        "hidden" in given
        or given.get("aria-hidden") == "true"
        or bool(_UNSEEN_CLASS.search(given.get("class", "").lower()))
        or bool(_UNSEEN_STYLE.search(style))
    )


def _is_button(given: Attributes) -> bool:
    return "button" in given.get("class", "") or "background" in given.get("style", "")

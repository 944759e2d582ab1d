"""Pages in the reader's language."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2.sandbox import SandboxedEnvironment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from outreach.receiver.brand import Look
from outreach.receiver.headers import SAFE
from outreach.receiver.language import LANGUAGES, Phrases, Reader, choose

_PROBLEMS = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "broken",
}


@dataclass(frozen=True, slots=True)
class Switch:
    """A way to the same page in another language."""

    code: str
    name: str
    href: str
    current: bool


class Pages:
    """Renders `pages/*.html.jinja` with the words of `pages/words.<language>.toml`."""

    def __init__(
        self,
        templates: SandboxedEnvironment,
        folder: Path,
        look: Look,
        spoken: Callable[[Request], Sequence[str]] = lambda _request: (),
    ) -> None:
        """*spoken* tells in which languages the mail speaks that led to a page, the best first."""
        self.look = look
        self._spoken = spoken
        self._templates = templates
        self._words = {
            code: tomllib.loads((folder / "pages" / f"words.{code}.toml").read_text("utf-8")) for code in LANGUAGES
        }

    def language(self, request: Request) -> str:
        """Return the language that the reader asked for, else that of the mail that led here, else the browser's.

        A mail is looked up in the database: not to be called on the event loop where one may have led here.
        """
        asked = request.query_params.get("lang")
        spoken = () if asked in LANGUAGES else self._spoken(request)
        return choose(asked, spoken, request.headers.get("accept-language", ""))

    def reader(self, request: Request) -> Reader:
        """Return for whom a page is made."""
        language = self.language(request)
        return Reader(language, self.look.zone(language), self.words(language))

    def words(self, language: str) -> Phrases:
        """Return the words of a language."""
        return self._words[language]

    def show(
        self,
        request: Request,
        page: str,
        *,
        status: int = HTTPStatus.OK,
        keep: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """Return the page; *keep* is the query that its other languages need besides their own."""
        language = self.language(request)
        html = self._templates.get_template(f"pages/{page}.html.jinja").render(
            lang=language,
            words=self.words(language),
            name=self.look.name(language),
            claim=self.look.claim(language),
            switches=self._switches(request.url.path, language, keep or {}),
            **context,
        )
        said = {"Content-Language": language, "Vary": "Accept-Language"}
        return HTMLResponse(html, status_code=status, headers={**SAFE, **said, **(headers or {})})

    def problem(self, request: Request, status: int, headers: Mapping[str, str] | None = None) -> HTMLResponse:
        """Return a friendly page about what went wrong."""
        key = _PROBLEMS.get(HTTPStatus(status), "not_allowed")
        words = self.words(self.language(request))["problem"]
        return self.show(
            request, "problem", status=status, headers=headers, title=words[f"{key}_title"], text=words[key]
        )

    def missing(self, request: Request, _error: Exception) -> HTMLResponse:
        """Answer a token or name that leads nowhere."""
        return self.problem(request, HTTPStatus.NOT_FOUND)

    def refused(self, request: Request, error: Exception) -> HTMLResponse:
        """Answer what the web framework refuses: unknown addresses and methods, bodies too large."""
        assert isinstance(error, HTTPException)  # noqa: S101
        return self.problem(request, error.status_code, error.headers)

    def broken(self, request: Request, _error: Exception) -> HTMLResponse:
        """Answer what should not have happened; the log has the error, the reader has not."""
        if not hasattr(request.state, "spoken"):
            request.state.spoken = ()  # it may have been the database, which is not asked again
        return self.problem(request, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _switches(self, path: str, language: str, keep: Mapping[str, str]) -> list[Switch]:
        return [
            Switch(
                code=code,
                name=self._words[code]["language"],
                href=f"{path}?{urlencode({'lang': code, **keep})}",
                current=code == language,
            )
            for code in LANGUAGES
        ]

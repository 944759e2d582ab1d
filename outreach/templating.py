"""Jinja2 as we use it everywhere: sandboxed, strict, escaping by the file's ending."""

from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment


def environment(folder: Path) -> SandboxedEnvironment:
    """Return the environment over *folder*; names ending in .html or .html.jinja are escaped, .txt is not."""
    return SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html", "html.jinja", "xml", "svg"), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )

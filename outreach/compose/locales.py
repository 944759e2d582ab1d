"""The words of the templates themselves, from gettext catalogues in `templates/locales/`.

Catalogues are read as they are written (`.po`), so that whoever corrects a word sees it in the next preview.
"""

import io

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from jinja2 import BaseLoader, Environment, TemplateNotFound

from outreach.errors import DefinitionError

FOLDER = "locales"


def shipped(templates: Environment) -> tuple[str, ...]:
    """Return the languages that have a catalogue."""
    prefix, suffix = f"{FOLDER}/", ".po"
    names = (name for name in _loader(templates).list_templates() if name.startswith(prefix) and name.endswith(suffix))
    return tuple(sorted(name.removeprefix(prefix).removesuffix(suffix) for name in names))


def catalogue(templates: Environment, language: str) -> Catalog:
    """Return the catalogue of *language* as it is written."""
    name = f"{FOLDER}/{language}.po"
    try:
        source, _, _ = _loader(templates).get_source(templates, name)
    except TemplateNotFound as error:
        known = ", ".join(shipped(templates))
        raise DefinitionError(f"templates/{name} is missing: mails speak {known}; write the catalogue") from error
    return read_po(io.StringIO(source), locale=language, abort_invalid=True)


def translations(templates: Environment, language: str) -> Translations:
    """Return what `gettext` is asked; entries marked fuzzy are not used."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(templates, language))
    compiled.seek(0)
    return Translations(compiled)


def gaps(templates: Environment, language: str) -> tuple[str, ...]:
    """Return the entries of *language* that are missing or fuzzy; anything here stops a wave."""
    wanted = {entry.id for known in shipped(templates) for entry in catalogue(templates, known) if entry.id}
    done = {entry.id for entry in catalogue(templates, language) if _translated(entry) and not entry.fuzzy}
    return tuple(sorted(one if isinstance(one, str) else one[0] for one in wanted - done))


def _translated(entry: Message) -> bool:
    """Tell whether an entry has all its words: one that counts has a form for every number."""
    forms = entry.string if isinstance(entry.string, (tuple, list)) else (entry.string,)
    return all(forms)


def _loader(templates: Environment) -> BaseLoader:
    if templates.loader is None:
        raise DefinitionError("the templates have no folder; open them with outreach.templating.environment")
    return templates.loader

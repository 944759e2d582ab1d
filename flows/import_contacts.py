"""Brings people in from a file: shows how it is understood and what would change, asks, and stores."""

import re
from datetime import date
from enum import StrEnum
from typing import Any

from prefect import flow, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.input import RunInput
from pydantic import BaseModel, Field

from flows import asking
from flows.again import step
from flows.artifacts import publish
from flows.forms import at
from outreach.contacts.columns import mapping_of
from outreach.dashboard.imports import question_markdown, report_markdown
from outreach.errors import DefinitionError, OutreachError
from outreach.model.people import Basis
from outreach.services import open_services
from outreach.settings import Settings
from outreach.steps import choices
from outreach.steps.import_files import Asked, Outcome, described, import_file
from outreach.steps.import_words import BY_FORM, lines_about

NONE = "none"


def topics() -> dict[str, Any]:
    """Return the choice of topics as of the last deploy; a newer one is accepted too."""
    try:
        return {"enum": [NONE, *choices.topics(Settings().templates)]}
    except OutreachError:  # a broken file is told when it is needed; the form can still be typed into
        return {}


class FileForm(BaseModel):
    """Which file, and how it is read."""

    place: str = Field(
        title="File or address",
        min_length=1,
        description="CSV or Excel (xlsx): a path that the worker can read, or an https address, "
        "which everybody who sees this page can read, too",
        json_schema_extra=at(1),
    )
    columns: str = Field(
        default="",
        title="What columns mean",
        description="only where the guess is wrong, one a line: Naam organisatie=organisation. "
        "Nothing after the = leaves the column out",
        json_schema_extra=at(2),
    )
    sheet: str = Field(default="", title="Sheet of a workbook", json_schema_extra=at(3))
    encoding: str = Field(
        default="",
        title="Encoding",
        description="only where names look wrong, such as windows-1252",
        json_schema_extra=at(4),
    )


class ConsentForm(BaseModel):
    """What the people in the file agreed to; with none of it they are stored and not written to."""

    topic: str = Field(default=NONE, title="Topic", json_schema_extra=at(1, **topics()))
    basis: str = Field(default=NONE, title="Basis", json_schema_extra=at(2, enum=[NONE, *Basis]))
    evidence: str = Field(
        default="",
        title="Evidence",
        description='where it is written down, such as "membership list of 1 November"',
        json_schema_extra=at(3),
    )
    given_on: str = Field(
        default="",
        title="Date of the evidence",
        pattern=r"^(\d{4}-\d{2}-\d{2})?$",
        description="as 2026-11-01",
        json_schema_extra=at(4),
    )


class ImportForm(BaseModel):
    """How it is imported."""

    group: str = Field(
        default="",
        title="Group",
        description="that everybody in the file joins, such as member",
        json_schema_extra=at(1),
    )
    ask_first: bool = Field(
        default=True,
        title="Ask first",
        description="the run stops and shows what would change; find it under Runs, filter Paused, menu ⋮ Resume",
        json_schema_extra=at(2),
    )


class ImportDecision(StrEnum):
    """What is answered; the first is the default, so that an empty answer stores nothing."""

    LEAVE = "leave it"
    IMPORT = "import"


class ImportAnswer(RunInput):
    """The question under what an import would change."""

    decision: ImportDecision = Field(default=ImportDecision.LEAVE, title="Import it?")


NO_CONSENT = ConsentForm()
IMPORT = ImportForm()


@task(name="look at the file", cache_policy=NO_CACHE)
def look(file: FileForm, consent: ConsentForm, people: ImportForm) -> Outcome:
    """Go through the whole import without storing anything."""
    with open_services() as services:
        return import_file(services, asked(file, consent, people), dry_run=True)


@step("import the file", after=(5, 30))
def bring_in(file: FileForm, consent: ConsentForm, people: ImportForm, agreed: str | None) -> Outcome:
    """Store the people, if the file is still the one that was agreed to; tried again, it goes on."""
    with open_services() as services:
        return import_file(services, asked(file, consent, people), agreed=agreed)


def asked(file: FileForm, consent: ConsentForm, people: ImportForm) -> Asked:
    """Return what the form says."""
    return Asked(
        file.place.strip(),
        topic=_chosen(consent.topic),
        basis=_chosen(consent.basis),
        evidence=_chosen(consent.evidence),
        given_on=_day(consent.given_on),
        group=_chosen(people.group),
        encoding=_chosen(file.encoding),
        sheet=_chosen(file.sheet),
        mapping=mapping_of(file.columns.splitlines()),
    )


def _chosen(text: str) -> str | None:
    return text.strip() if text.strip() not in {"", NONE} else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DefinitionError(f"date of the evidence: found {text!r}; write a day such as 2026-11-01") from None


def question(name: str, seen: Outcome) -> ImportAnswer:
    """Ask a person, in the UI; keyed by file and wishes, so that a file that changed is asked about anew."""
    words = lines_about(seen.report, dry_run=True, remedy=BY_FORM)
    shown = question_markdown(name, described(seen.sheet), _columns(seen), words, seen.report.faults)
    wanted = ImportAnswer.with_initial_data(description=shown)
    return asking.ask(wanted, f"import-{seen.digest[:16]}")


def show(name: str, done: Outcome) -> str:
    """Publish what an import changed, under the file's name."""
    words = lines_about(done.report, remedy=BY_FORM)
    shown = report_markdown(name, described(done.sheet), _columns(done), words, done.report.faults)
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[-60:].strip("-")
    return publish(f"outreach-import-{slug or 'file'}", shown, f"Import of {name}")


def _columns(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(each.heading, each.taken_for, each.how) for each in outcome.sheet.header.readings]


def _run_name() -> str:
    file = FileForm.model_validate(runtime.flow_run.parameters["file"])
    return f"import {Asked(file.place).name}"


@flow(name="import-contacts", flow_run_name=_run_name)
def import_contacts(file: FileForm, consent: ConsentForm = NO_CONSENT, people: ImportForm = IMPORT) -> dict[str, int]:
    """Import people from one file; started again at any point, it goes on where it was."""
    name = asked(file, consent, people).name
    agreed = None
    if people.ask_first:
        seen = look(file, consent, people)
        if question(name, seen).decision is not ImportDecision.IMPORT:
            return {}
        agreed = seen.digest
    done = bring_in(file, consent, people, agreed)
    show(name, done)
    report = done.report
    return {
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "invalid": report.invalid,
        "without_consent": report.without_consent,
    }

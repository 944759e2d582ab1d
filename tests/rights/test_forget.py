"""Forgetting: nothing names the person any more, and everybody else's figures stay as they were."""

from itertools import count

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from outreach.audience import queries as audience
from outreach.model.people import ConsentAct, SuppressionReason
from outreach.model.rights import Forgotten
from outreach.model.wave import Kind
from outreach.steps import rights
from outreach.steps.importing import import_contacts
from outreach.store.tables import CallRow, SubmissionRow
from tests.builders_engagement import everything
from tests.builders_people import TOPIC, segment, write_csv
from tests.builders_rights import OTHER, Answer, History, house, places_of
from tests.conftest import NOON

ANSWERS = st.builds(
    Answer,
    st.sampled_from(["golden", "idea"]),
    st.sampled_from(["Voorbeeldstad", "Alleen hier", "weg0@example.org"]),
    by_mail=st.booleans(),
    spelled=st.booleans(),
)
HISTORIES = st.builds(
    History,
    contact=st.booleans(),
    acts=st.lists(st.sampled_from(ConsentAct), max_size=3),
    groups=st.lists(st.sampled_from(["member", "voices"]), unique=True),
    mails=st.lists(st.booleans(), max_size=2),
    opens=st.integers(0, 2),
    clicks=st.integers(0, 3),
    reports=st.lists(st.sampled_from(Kind), max_size=3),
    answers=st.lists(ANSWERS, max_size=3),
    suppressed=st.sampled_from([None, *SuppressionReason]),
    signups=st.lists(st.booleans(), max_size=2),
    mentioned=st.booleans(),
    leaves=st.booleans(),
)


def without_time(document):
    return {name: value for name, value in document.items() if name not in ("exported_at", "answers")}


def test_whoever_is_forgotten_is_nowhere_and_no_figure_changes(services):
    made = house(services)
    numbers = count()

    @settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(history=HISTORIES)
    def law(history: History) -> None:
        email = f"weg{next(numbers)}@example.org"
        made.add(email, history)
        figures, other = made.figures(), without_time(rights.export(services, OTHER))

        forgotten = rights.forget(services, email.title(), why=f"{email} asked")
        state = everything(services.sessions)

        assert places_of(services, email) == []
        assert made.figures() == figures
        assert without_time(rights.export(services, OTHER)) == other
        assert forgotten.contacts == history.contact
        assert forgotten.deliveries == len(history.mails)
        assert forgotten.submissions == len(history.answers)
        assert rights.forget(services, email, why="again") == Forgotten(forgotten.key)
        assert everything(services.sessions) == state

    law()


def test_what_is_removed_is_counted(services):
    made = house(services)
    made.add("weg@example.org", History())

    forgotten = rights.forget(services, "weg@example.org", why="asked by letter")

    assert forgotten == Forgotten(
        key=rights.key_of(services, "weg@example.org"),
        contacts=1,
        groups=2,
        consents=4,
        signups=2,
        letters=2,
        suppressions=1,
        deliveries=1,
        engagement=2,
        reports=1,
        submissions=1,
        mentions=2,
    )


def folds(services, call: str) -> list[str | None]:
    with services.sessions() as session:
        rows = select(SubmissionRow.fold).join(CallRow, CallRow.id == SubmissionRow.call_id).where(CallRow.slug == call)
        return sorted(session.scalars(rows))


def test_an_answer_that_others_gave_too_stays_and_one_of_nobody_else_still_counts_once(services):
    made = house(services)
    shared, own = Answer("golden", "Voorbeeldstad"), Answer("golden", "Alleen hier")
    made.add("weg@example.org", History(answers=(shared, own, own)))
    figures = made.figures()

    rights.forget(services, "weg@example.org", why="asked")

    assert folds(services, "golden") == ["forgotten 3", "forgotten 3", "voorbeeldstad", "voorbeeldstad"]
    assert made.figures() == figures


def test_what_only_the_forgotten_have_said_is_not_kept(services):
    made = house(services)
    for name in ("een", "twee"):
        made.add(f"{name}@example.org", History(answers=(Answer("golden", "Alleen hier"),), mentioned=False))
    figures = made.figures()

    rights.forget(services, "een@example.org", why="asked")
    assert folds(services, "golden") == ["alleen hier", "alleen hier", "voorbeeldstad"]
    rights.forget(services, "twee@example.org", why="asked")

    assert folds(services, "golden") == ["forgotten 2", "forgotten 2", "voorbeeldstad"]
    assert made.figures() == figures


def test_an_address_that_is_the_fold_counts_on_without_being_it(services):
    made = house(services)
    with services.sessions.begin() as session:
        for email in ("weg@example.org", OTHER, OTHER):
            made.answer(session, email, Answer("golden", "weg@example.org", by_mail=False))
    figures = made.figures()

    rights.forget(services, "weg@example.org", why="asked")

    assert folds(services, "golden") == ["forgotten 2"] * 3 + ["voorbeeldstad"]
    assert places_of(services, "weg@example.org") == []
    assert made.figures() == figures


def test_rows_with_errors_under_home_are_taken_out_and_the_others_stay_as_they_are(services):
    folder = services.settings.imports
    folder.mkdir()
    head = "line;email;naam;error\r\n"
    others = '3;xweg@example.org;"van\nBo; jr";no language\r\n4;caf\udce9;"weg";\r\n'
    mixed, only = folder / "leden.errors.csv", folder / "leden.errors-2.csv"
    gone = '2;Weg@Example.org;"Bo\nB";no language\r\n'
    for file, text in ((mixed, head + gone + others), (only, head + gone)):
        file.write_bytes(text.encode("utf-8-sig", "surrogateescape"))

    forgotten = rights.forget(services, "weg@example.org", why="asked")

    assert forgotten.error_rows == 2
    assert [file.name for file in folder.iterdir()] == [mixed.name]
    assert mixed.read_bytes() == (head + others).encode("utf-8-sig", "surrogateescape")
    assert mixed.stat().st_mode & 0o777 == 0o600


def test_a_file_with_errors_is_its_owners_alone(services, tmp_path):
    file = write_csv(tmp_path / "leden.csv", [("email", "taal"), ("weg@example.org", "klingon")])

    report = import_contacts(services, file)

    assert report.errors_file.stat().st_mode & 0o777 == 0o600


def test_no_import_and_no_segment_brings_anybody_back(services, tmp_path):
    made = house(services)
    made.add("weg@example.org", History(suppressed=None, mentioned=False, leaves=False))
    everybody = segment()
    rights.forget(services, "weg@example.org", why="asked")

    file = write_csv(
        tmp_path / "leden.csv", [("E-mail", "Voornaam"), ("Weg@example.org", "Bo"), ("kim@example.org", "")]
    )
    report = import_contacts(services, file, topic=TOPIC, basis="membership", evidence="list", given_on=NOON.date())

    assert (report.new, report.erased) == (1, 1)
    with services.sessions() as session:
        rows = session.execute(audience.recipients(everybody, topic=TOPIC, now=services.clock()))
        assert sorted(row.email for row in rows) == [OTHER, "kim@example.org"]
    assert places_of(services, "weg@example.org") == []

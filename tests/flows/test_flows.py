import httpx
import pytest
from prefect import get_client
from prefect.client.schemas.objects import Artifact
from sqlalchemy import insert

from flows.again import unless_final
from flows.forms import SendingForm
from flows.one_off_call import CallForm, WordsForm, one_off_call
from flows.pull_content import pull_content
from flows.refresh_dashboard import refresh_dashboard
from flows.send_wave import WaveForm, send_wave
from outreach.errors import DefinitionError, NotTaken, ProviderRefused
from outreach.model.wave import WaveState
from outreach.steps import milestones, waves
from outreach.store.tables import ContactGroupRow
from tests.builders_delivery import add_people

UNASKED = SendingForm(approval=False, lanes=2)


@pytest.fixture
def members(services):
    with services.sessions.begin() as session:
        ids = add_people(session, 5)
        session.execute(insert(ContactGroupRow), [{"contact_id": id_, "name": "member"} for id_ in ids])
        others = [{"contact_id": ids[0], "name": name} for name in ("municipality", "social-worker")]
        session.execute(insert(ContactGroupRow), others)


def artifacts() -> dict[str, Artifact]:
    with get_client(sync_client=True) as client:
        return {artifact.key: artifact for artifact in client.read_artifacts()}


def mails(outbox: str) -> list[str]:
    answer = httpx.get(f"{outbox}/v1/messages", headers={"Authorization": "Bearer outbox"}).json()
    return sorted(mail["to"] for mail in answer["messages"])


def test_a_wave_goes_out_to_everybody_once_and_gets_a_dashboard(installed, services, members):
    outcome = send_wave(WaveForm(name="sociaal-werkers/start"), UNASKED)

    assert outcome == {"accepted": 5, "refused": 0, "unknown": 0, "waiting": 0}
    assert mails(installed) == [f"person{number}@example.org" for number in range(1, 6)]
    assert "Start van de campagne" in artifacts()["wave-sociaal-werkers-start"].data


def test_another_run_of_a_wave_that_was_sent_says_so_and_sends_nothing(installed, services, members):
    send_wave(WaveForm(name="sociaal-werkers/start"), UNASKED)

    with pytest.raises(Exception, match="sociaal-werkers/start was sent already; nothing is sent twice"):
        send_wave(WaveForm(name="sociaal-werkers/start"), UNASKED)

    assert len(mails(installed)) == 5


def test_a_call_goes_out_without_a_campaign_folder(installed, services, members):
    call = CallForm(name="golden-municipality", audiences=["members"], questions="Wie? | Wer?", fold=True, goal=10)
    words = WordsForm(subject="Wie verdient goud?", title="Draag voor", text="Vertel het ons.", button="Draag voor")

    outcome = one_off_call(call, words, WordsForm(subject="Wer?", title="Vorschlag", text="Ja.", button="Los"), UNASKED)

    assert outcome["accepted"] == 5
    assert waves.find_wave(services, "golden-municipality", "call").state is WaveState.SENT


def test_a_call_that_lacks_words_in_a_language_it_speaks_names_them(installed, services, members):
    call = CallForm(name="half", audiences=["members"])

    with pytest.raises(Exception, match="'de' is missing"):
        one_off_call(call, WordsForm(subject="a", title="b", text="c"), WordsForm(subject="d"), UNASKED)

    assert mails(installed) == []


def test_dashboards_keep_their_address_when_they_are_drawn_again(installed, services, members):
    send_wave(WaveForm(name="sociaal-werkers/start"), UNASKED)
    refresh_dashboard()
    before = {key: artifact.id for key, artifact in artifacts().items()}

    refresh_dashboard()

    assert {key: artifact.id for key, artifact in artifacts().items()} == before
    assert {"outreach-overview", "wave-sociaal-werkers-start"} <= before.keys()


def test_milestones_are_told_to_prefect_once(installed, services, members):
    send_wave(WaveForm(name="sociaal-werkers/start"), UNASKED)

    assert milestones.waiting(services) == []


def test_pulling_without_sources_is_no_fault(installed, services):
    assert pull_content() == {"sources": 0, "new": 0, "revised": 0, "cancelled": 0, "failed": 0}


class FailedState:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def result(self, raise_on_failure: bool) -> Exception:
        return self.error


@pytest.mark.parametrize(
    ("error", "again"),
    [(NotTaken("busy"), True), (OSError("gone"), True), (DefinitionError("x"), False), (ProviderRefused("x"), False)],
)
def test_a_task_is_tried_again_only_where_the_answer_could_differ(error, again):
    assert unless_final(None, None, FailedState(error)) is again

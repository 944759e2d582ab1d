"""Composes an issue of a newsletter from what is new, waits for a person who may change it, and sends it."""

from enum import StrEnum
from typing import Any

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import BaseModel, ConfigDict, Field, create_model

from flows import artifacts, asking, forms, lanes, late
from flows.again import step
from flows.asking import SignedAnswer
from flows.ending import Ended, said
from flows.forms import SENDING, SendingForm, at, your_name
from flows.preflight import looked_over
from outreach.dashboard.issues import labels, nothing_new_markdown
from outreach.dashboard.words import language, moment
from outreach.model.delivery import Plan
from outreach.model.newsletter import Changes, Draft
from outreach.model.preflight import Level
from outreach.model.wave import WaveState
from outreach.services import Services, open_services
from outreach.steps import approval, newsletter, waves
from outreach.steps.newsletter import NothingNew
from outreach.steps.planning import Named

AS_IT_IS = "as it is"


class NewsletterForm(BaseModel):
    """Which newsletter."""

    name: str = Field(
        title="Newsletter", description="campaign / newsletter", json_schema_extra=at(1, **forms.newsletters())
    )


class Verdict(StrEnum):
    """What is answered; the first is the default, so that an empty answer sends nothing."""

    REJECT = "reject"
    APPROVE = "approve"
    CHANGE = "change and show again"


class IssueAnswer(SignedAnswer):
    """The question under an issue; `asked_about` adds what can be chosen in it, and an intro for each language."""

    model_config = ConfigDict(extra="ignore")  # a language may go from the campaign while the question stands

    decision: Verdict = Field(
        default=Verdict.REJECT,
        title="Send it?",
        description="approve: the issue goes out now, unless something below was changed; then it is shown again",
        json_schema_extra=at(1),
    )
    by: str = your_name(2)
    note: str = Field(
        default="", title="Note", description="for your colleagues; may stay empty", json_schema_extra=at(3)
    )
    leave_out: list[str] = Field(default_factory=list)
    first: str = AS_IT_IS


@step("plan the issue", after=(5, 20))
def plan_issue(name: str, run: str) -> Plan | NothingNew:
    """Gather what is new, compile the mails and freeze the recipients; a run that starts again keeps its issue."""
    with open_services() as services:
        return newsletter.plan_issue(services, *_named(services, name), run)


@step("change the issue", after=(5, 20))
def change_issue(name: str, wave_id: int, changes: Changes, run: str) -> Plan:
    """Compose the issue again as a person wants it; what cannot be done is told with the next question."""
    with open_services() as services:
        return newsletter.change_issue(services, *_named(services, name), wave_id, changes, run)


def question(plan: Plan, draft: Draft) -> IssueAnswer:
    """Ask a person, in the UI; keyed by the plan and by how often was asked, so that each question has one answer."""
    with open_services() as services:
        summary = approval.summary(services, plan)
    told = "\n\n".join(filter(None, (late.note(), summary)))
    asked = asked_about(draft).with_initial_data(description=told)
    key = f"issue-{plan.digest[:16]}-{draft.asked}"
    return asking.ask_by_name(asked, key, lambda answer: lets_go(answer, draft))


def asked_about(draft: Draft) -> type[IssueAnswer]:
    """Return the form for an issue as it stands. It is made of what is kept, so a new process makes the same one.

    What is filled in beforehand stands in the schema alone: the form sends no field that was emptied, which then must
    not be what it was before.
    """
    names = {key: label for label, key in labels(draft).items()}
    left_out = [names[key] for key in draft.changes.left_out if key in names]
    intros: dict[str, Any] = {
        f"intro_{code}": (
            str,
            Field(
                default="",
                title=f"Intro, {language(code)}",
                description="Markdown; stands after the newsletter's own text, above the items; empty: none",
                json_schema_extra=at(6 + place, default=draft.changes.intros.get(code, "")),
            ),
        )
        for place, code in enumerate(draft.languages)
    }
    return create_model(
        IssueAnswer.__name__,
        __base__=IssueAnswer,
        leave_out=(
            list[str],
            Field(
                default_factory=list,
                title="Leave out",
                description="stays out of later issues, too",
                json_schema_extra=at(4, default=left_out, items={"type": "string", "enum": list(names.values())}),
            ),
        ),
        first=(
            str,
            Field(
                default=AS_IT_IS,
                title="First item",
                json_schema_extra=at(
                    5, default=names.get(draft.changes.first, AS_IT_IS), enum=[AS_IT_IS, *names.values()]
                ),
            ),
        ),
        **intros,
    )


def wanted(answer: IssueAnswer, draft: Draft) -> Changes:
    """Return what a person wants otherwise; what is not in the issue any more is passed over.

    The form always sends what is left out and what comes first. Without either, the answer came by another way, such
    as the terminal, and changes nothing.
    """
    if not {"leave_out", "first"} & answer.model_fields_set:
        return draft.changes
    keys = labels(draft)
    given = answer.model_dump()
    chosen = {keys[label] for label in answer.leave_out if label in keys}
    intros = {code: given.get(f"intro_{code}", "").strip() for code in draft.languages}
    return Changes(
        left_out=tuple(item.key for _, item in draft.offered if item.key in chosen),
        first=keys.get(answer.first, ""),
        intros={code: intro for code, intro in intros.items() if intro},
    )


def lets_go(answer: IssueAnswer, draft: Draft) -> bool:
    """Return whether the issue goes as it was shown; one that is wanted otherwise is shown again first."""
    return answer.decision is Verdict.APPROVE and wanted(answer, draft) == draft.changes


def agreed(name: str, plan: Plan, run: str) -> Plan | None:
    """Ask until an issue is approved as it was shown, or rejected; return the plan that may go.

    Where somebody else approved it meanwhile, it goes only if this run's answer is to send it as it is. An issue that
    another run has taken over is refused.
    """
    while True:
        plan = looked_over(plan)
        with open_services() as services:
            draft = newsletter.issue_of_run(services, plan.wave_id, run).draft
        answer = question(plan, draft)
        with open_services() as services:
            newsletter.issue_of_run(services, plan.wave_id, run)
            state = waves.wave(services, plan.wave_id).state
        stops = any(finding.level is Level.STOP for finding in plan.findings)
        if answer.decision is Verdict.REJECT:
            if state is WaveState.PLANNED:
                lanes.decide(plan.wave_id, plan.digest, approved=False, by=answer.by, note=answer.note)
            return None
        as_shown = lets_go(answer, draft)
        if state is not WaveState.PLANNED:
            if as_shown:
                return plan
            get_run_logger().warning("the issue is %s by now; nothing was changed, and this run sends nothing", state)
            return None
        if as_shown and not (draft.problem or stops):
            lanes.decide(plan.wave_id, plan.digest, approved=True, by=answer.by, note=answer.note)
            return plan
        plan = change_issue(name, plan.wave_id, wanted(answer, draft), run)


def say_nothing_new(nothing: NothingNew) -> State[Any]:
    """End the run with the reason why there is no mail: in its state, its log and an artifact."""
    since = f"since {moment(nothing.since)}" if nothing.since else "to begin with"
    message = f"{nothing.newsletter}: nothing new {since}, so no mail was planned"
    get_run_logger().info(message)
    key = nothing.newsletter.replace("/", "-")
    artifacts.publish(f"newsletter-{key}", nothing_new_markdown(nothing.newsletter, since), message)
    return Completed(message=message)


@flow(name="newsletter", flow_run_name="{newsletter.name}")
def newsletter_flow(newsletter: NewsletterForm, sending: SendingForm = SENDING) -> Ended:
    """Send an issue of a newsletter, if there is anything new; started again at any point, it goes on where it was."""
    run = str(runtime.flow_run.id)
    plan = plan_issue(newsletter.name, run)
    if isinstance(plan, NothingNew):
        return say_nothing_new(plan)
    if sending.approval:
        approved = agreed(newsletter.name, plan, run)
        if approved is None:
            return said(lanes.NOT_LET_GO, {})
        return lanes.take_through(approved, sending, ask=False, again=_asked(approved))
    return lanes.take_through(plan, sending, ask=False)


def _asked(plan: Plan) -> int:
    with open_services() as services:
        return newsletter.issue_of(services, plan.wave_id).draft.asked


def _named(services: Services, name: str) -> Named:
    slug, _, own = name.partition("/")
    return newsletter.named(services, slug, own)

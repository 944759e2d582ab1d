"""Dashboards as markdown: one per wave, and an overview of all waves and calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from outreach.dashboard import charts, markdown, measures, svg, words
from outreach.dashboard.markdown import Align, escape, link
from outreach.dashboard.measures import Measures, Part
from outreach.dashboard.progress import CallProgress
from outreach.dashboard.tried import standing, tried_markdown, what_to_do
from outreach.dashboard.waits import paused_markdown, state_in_words, waits_listed, waits_markdown
from outreach.dashboard.words import NO_BREAK, number
from outreach.model.left import NOBODY, Left
from outreach.model.report import Figure, WaveReport
from outreach.model.wave import BatchState, WaveState

SHOWN = 120
"""So many rows a table has at most: an artifact should stay under 100 KB."""

MOST = 10
"""So many waves are named of one kind of trouble."""

LISTED = 30
"""So many waves under way are told of above the table of all of them."""

STATES: Mapping[WaveState, str] = {
    WaveState.DRAFT: "Draft: nobody chosen yet",
    WaveState.PLANNED: "Planned: waits for an approval",
    WaveState.APPROVED: "Approved: waits for its time",
    WaveState.SENDING: "Sending now",
    WaveState.PAUSED: "Paused",
    WaveState.SENT: "Sent",
    WaveState.CANCELLED: "Cancelled",
}

_PARTS: tuple[tuple[str, Align], ...] = (
    ("Recipients", "right"),
    ("Delivered", "right"),
    ("Opened", "right"),
    ("Clicked", "right"),
    ("Signed up", "right"),
    ("Unsubscribed", "right"),
)


@dataclass(frozen=True, slots=True)
class DashboardLinks:
    """Where things are shown; *artifacts* are the ids of the dashboards by wave."""

    public_url: str
    prefect_url: str
    outbox_url: str | None = None
    artifacts: Mapping[int, str] = field(default_factory=dict)

    def dashboard(self, wave_id: int) -> str | None:
        """Return the address of a wave's dashboard, if it has one yet."""
        artifact = self.artifacts.get(wave_id)
        return self.prefect(f"artifacts/artifact/{quote(artifact, safe='')}") if artifact else None

    def prefect(self, page: str) -> str:
        """Return a page of Prefect's UI; without /v2 it would open the old one."""
        return f"{self.prefect_url.rstrip('/')}/v2/{page}"

    @property
    def steer(self) -> str:
        """A link to what pauses waves, lets them go on and decides about their rest."""
        return link("steer-wave", self.prefect("deployments"))

    def public(self, kind: str, slug: str) -> str:
        """Return a public page: of *kind* `calls` or `campaigns`."""
        return f"{self.public_url.rstrip('/')}/{kind}/{quote(slug, safe='')}"


def wave_markdown(
    report: WaveReport,
    *,
    links: DashboardLinks,
    now: datetime,
    left: Left = NOBODY,
) -> str:
    """Return the dashboard of a wave: what matters first, then the charts, then every figure.

    *left* says who waits for which moment, and why, who paused it, and what came of the share that went first.
    """
    whole = measures.of_wave(report)
    languages = _parts(report, "variant")
    audiences = _parts(report, "audience")
    return markdown.document(
        [
            f"# {escape(report.title)}",
            _standing(report, left, now),
            paused_markdown(left, links.steer) if report.state is WaveState.PAUSED else "",
            _to_choose(report, left, links, now),
            waits_markdown(left, report.state, now),
            _unknown(report, links),
            _headline(whole),
            svg.image(charts.funnel(report.title, whole), f"Funnel of {report.title}. {charts.funnel_in_words(whole)}"),
            _why_a_range(report),
            tried_markdown(left.trying, report.state, now, links.steer) if left.trying else "",
            *_by("language", languages),
            *_by("audience", audiences),
            "## What did not arrive",
            _losses(report),
            "## Who was left out at planning",
            _left_out(report),
            "## Batches and times",
            _batches(report),
            _times(report),
            _wave_links(report, links),
        ]
    )


def overview_markdown(
    reports: Sequence[WaveReport],
    calls: Sequence[CallProgress],
    links: DashboardLinks,
    now: datetime,
    left: Mapping[int, Left] | None = None,
) -> str:
    """Return the index: how far each call has come, and all waves with the way to their dashboards.

    *left* says of waves under way what they wait for: a moment, a person, or to be resumed.
    """
    left = left or {}
    return markdown.document(
        [
            "# Campaigns at a glance",
            f"{_so_many(len(reports), 'wave')}, {_so_many(len(calls), 'call')} · as of {words.moment(now)}",
            _paused_waves(reports, links, left),
            _waves_to_choose(reports, links, left),
            _unknown_waves(reports, links),
            "## Calls",
            _calls(calls, links, now),
            "## Waves",
            _waiting_waves(reports, links, now, left),
            _waves(reports, links, now, left),
            _overview_links(links),
        ]
    )


def _parts(report: WaveReport, axis: str) -> list[Part]:
    name = words.variant if axis == "variant" else words.audience
    return [(name(code), part) for code, part in measures.by(report, axis).items()]


def _standing(report: WaveReport, left: Left, now: datetime) -> str:
    state = state_in_words(left, report.state, now, STATES[report.state])
    return f"**{state}** · wave {_name(report)} · as of {words.moment(now)}"


def _to_choose(report: WaveReport, left: Left, links: DashboardLinks, now: datetime) -> str:
    """Say above everything what a person has to choose; further down stands what came of it so far."""
    trying = left.trying
    if not (trying and trying.waits_for_person):
        return ""
    asked, told = what_to_do(trying, report.state, links.steer), standing(trying, report.state, now)
    return f"> {asked}\n>\n> {escape(told)}" if asked else ""


def _unknown(report: WaveReport, links: DashboardLinks) -> str:
    if not report.unknown:
        return ""
    runs = link("the runs in Prefect", links.prefect("runs"))
    return (
        f"> **⚠ {_so_many(report.unknown, 'recipient')}: nobody knows whether the mail was taken.** "
        f"The email API broke off without a usable answer. Nothing is sent to them again by itself.\n>\n"
        f"> What to do: let the unknown batches be asked for once more ({runs}); a webhook that arrives late settles "
        f"them as well. What stays unknown: look in the email provider's own log, then decide by hand."
    )


def _headline(whole: Measures) -> str:
    delivered = whole.delivered.share
    facts = [f"**{delivered.count} of {number(whole.recipients)} delivered ({delivered.percent}).**"]
    if not delivered.most and whole.accepted.share.most:
        facts = [
            f"**{whole.accepted.share.count} of {number(whole.recipients)} accepted by the email API "
            f"({whole.accepted.share.percent}); no delivery reported yet.**"
        ]
    if whole.opened.share.of:
        facts.append(
            f"Of the {number(whole.opened.share.of)} who allow counting, {whole.opened.share.count} opened it "
            f"({whole.opened.share.percent}) and {whole.clicked.share.count} clicked ({whole.clicked.share.percent})."
        )
    facts.append(
        f"{whole.signups.share.count} signed up ({whole.signups.share.percent} {whole.signups.base}), "
        f"{whole.unsubscribes.share.count} unsubscribed."
    )
    return " ".join(facts)


def _why_a_range(report: WaveReport) -> str:
    return (
        "*Opened and clicked are ranges, from surely a person to everything seen: mail services load pictures and "
        "security scanners follow links before anybody reads, and nobody can tell all of them apart. They count people "
        f"who allow it; for everybody together pictures were loaded {number(report.total(Figure.OPENS))} times and "
        f"links followed {number(report.total(Figure.CLICKS))} times.*"
    )


def _by(what: str, parts: Sequence[Part]) -> list[str]:
    if not parts:
        return []
    head: tuple[tuple[str, Align], ...] = ((what.capitalize(), "left"), *_PARTS)
    rows = [[escape(name), *_row(part)] for name, part in parts[:SHOWN]]
    alt = f"Delivered, opened, clicked and signed up, compared by {what}; the table below has every figure"
    picture = svg.image(charts.comparison(f"By {what}", parts), alt)
    return [f"## By {what}", picture, markdown.table(head, rows), _cut(len(parts))]


def _row(part: Measures) -> list[str]:
    shares = (part.delivered, part.opened, part.clicked, part.signups, part.unsubscribes)
    return [number(part.recipients), *(measure.share.count.replace(" ", NO_BREAK) for measure in shares)]


def _losses(report: WaveReport) -> str:
    kinds = (
        ("Bounced", Figure.BOUNCED, "the mail came back"),
        ("… of these softly", Figure.SOFT_BOUNCED, "given up for now, such as a full mailbox; the address may work"),
        ("Complained", Figure.COMPLAINED, "marked as spam; never written to again"),
        ("Refused", Figure.REFUSED, "the email API would not take it"),
        (
            "Suppressed",
            Figure.SUPPRESSED,
            "unsubscribed, bounced or complained after planning, or had enough mails meanwhile",
        ),
    )
    recipients = report.total(Figure.RECIPIENTS)
    rows = [[name, words.exactly(report.total(figure), recipients).shown, meaning] for name, figure, meaning in kinds]
    rows.append(["Unknown", words.exactly(report.unknown, recipients).shown, "the email API gave no usable answer"])
    return markdown.table((("What", "left"), ("Recipients", "right"), ("Meaning", "left")), rows)


def _left_out(report: WaveReport) -> str:
    if not any(report.out.values()):
        return "Nobody: everybody in the audiences gets the wave."
    rows = [
        [escape(words.reason(reason)), number(count)]
        for reason, count in sorted(report.out.items(), key=lambda entry: (-entry[1], entry[0]))
        if count
    ]
    return markdown.document(
        [markdown.table((("Why", "left"), ("People", "right")), rows[:SHOWN]), _cut(len(rows))]
    ).rstrip()


def _batches(report: WaveReport) -> str:
    known = [state for state in BatchState if report.batches.get(state)]
    if not known:
        return "No batches yet."
    listed = ", ".join(f"{number(report.batches[state])} {state}" for state in known)
    return f"{_so_many(sum(report.batches.values()), 'batch', 'batches')}: {listed}."


def _times(report: WaveReport) -> str:
    steps = (("Planned", report.planned_at), ("Started", report.started_at), ("Finished", report.finished_at))
    return markdown.table([(name, "left") for name, _ in steps], [[words.moment(at) for _, at in steps]])


def _wave_links(report: WaveReport, links: DashboardLinks) -> str:
    found = [link("The campaign's public page", links.public("campaigns", report.campaign))]
    if links.outbox_url:
        found.append(link("The mails in the outbox", links.outbox_url))
    found.append(link("All dashboards", links.prefect("artifacts")))
    if report.state is WaveState.PLANNED:
        found.append(link("Runs that wait for an approval", links.prefect("runs?state=Paused")))
    return " · ".join(found)


def _paused_waves(reports: Iterable[WaveReport], links: DashboardLinks, left: Mapping[int, Left]) -> str:
    """Name the waves that paused themselves, the newest first."""
    told = [
        f"> **⚠ Paused by itself:** {_titled(each, links)}, {_name(each)}: {escape(each.paused_why.rstrip('.'))}."
        f"{_not_yet(left.get(each.wave_id, NOBODY))} {links.steer}"
        for each in reports
        if _alone(each, left)
    ]
    return "\n>\n".join(told[:MOST])


def _alone(report: WaveReport, left: Mapping[int, Left]) -> bool:
    """Whether a wave is paused, and no person asked for it."""
    return bool(report.paused_why) and not left.get(report.wave_id, NOBODY).paused_by


def _not_yet(left: Left) -> str:
    return f" {_so_many(left.people, 'person was', 'people were')} not written to yet." if left.people else ""


def _waves_to_choose(reports: Iterable[WaveReport], links: DashboardLinks, left: Mapping[int, Left]) -> str:
    """Name the waves whose rest waits for a person whose word is asked for now."""
    told = []
    for report in reports:
        trying = left.get(report.wave_id, NOBODY).trying
        if trying and trying.verdict and (asked := what_to_do(trying, report.state, links.steer)):
            told.append(
                f"> ✋ {_titled(report, links)}, {_name(report)}: {asked} Its dashboard shows what came of both."
            )
    return "\n>\n".join(told[:MOST])


def _unknown_waves(reports: Iterable[WaveReport], links: DashboardLinks) -> str:
    troubled = [report for report in reports if report.unknown]
    if not troubled:
        return ""
    listed = ", ".join(f"{_titled(report, links)} ({number(report.unknown)})" for report in troubled[:MOST])
    return f"> **⚠ Recipients whose outcome nobody knows:** {listed}. Their dashboards say what to do."


def _calls(calls: Sequence[CallProgress], links: DashboardLinks, now: datetime) -> str:
    if not calls:
        return "No call is open to the public yet."
    head: tuple[tuple[str, Align], ...] = (("Call", "left"), ("So far", "left"), ("Forms", "right"), ("Closes", "left"))
    rows = [
        [link(call.title, links.public("calls", call.slug)), _so_far(call), number(call.forms), _closes(call, now)]
        for call in calls[:SHOWN]
    ]
    return markdown.document([markdown.table(head, rows), _cut(len(calls))]).rstrip()


def _so_far(call: CallProgress) -> str:
    if not call.goal:
        return f"**{number(call.count)}**"
    reached = " ✓" if call.count >= call.goal else ""
    return f"{markdown.progress_bar(call.count, call.goal)} **{number(call.count)} of {number(call.goal)}**{reached}"


def _closes(call: CallProgress, now: datetime) -> str:
    if call.closes is None:
        return "–"
    return f"{'closed ' if call.closes <= now else ''}{words.moment(call.closes)}"


def _waves(reports: Sequence[WaveReport], links: DashboardLinks, now: datetime, left: Mapping[int, Left]) -> str:
    if not reports:
        return "No wave has been planned yet."
    head: tuple[tuple[str, Align], ...] = (("Wave", "left"), ("State", "left"), *_PARTS[:5])
    rows = [
        [f"{_titled(report, links)} {_name(report)}", state, *_row(measures.of_wave(report))[:5]]
        for report in reports[:SHOWN]
        for known in [STATES[report.state].partition(":")[0]]
        for state in [state_in_words(left.get(report.wave_id, NOBODY), report.state, now, known)]
    ]
    return markdown.document([markdown.table(head, rows), _cut(len(reports))]).rstrip()


def _waiting_waves(
    reports: Iterable[WaveReport], links: DashboardLinks, now: datetime, left: Mapping[int, Left]
) -> str:
    """Say above the table what those under way wait for, and whom a person paused; the others stand further up."""
    waiting = [
        f"{_sign(report)} {_titled(report, links)}, {_name(report)}: {escape(' '.join(told))}"
        for report in reports
        if report.wave_id in left and not _alone(report, left)
        if (told := waits_listed(left[report.wave_id], report.state, now))
    ]
    more = f"… and {number(len(waiting) - LISTED)} more." if len(waiting) > LISTED else ""
    return markdown.document([markdown.bullets(waiting[:LISTED]), more]).rstrip()


def _sign(report: WaveReport) -> str:
    return "⏸" if report.state is WaveState.PAUSED else "⏳"


def _name(report: WaveReport) -> str:
    """Return the name by which forms and commands find a wave."""
    return escape(f"{report.campaign}/{report.wave}")


def _titled(report: WaveReport, links: DashboardLinks) -> str:
    address = links.dashboard(report.wave_id)
    return link(report.title, address) if address else escape(report.title)


def _overview_links(links: DashboardLinks) -> str:
    found = [
        link("Deployments", links.prefect("deployments")),
        link("Runs that wait for an approval", links.prefect("runs?state=Paused")),
        link("Public pages", links.public_url),
    ]
    if links.outbox_url:
        found.append(link("Outbox", links.outbox_url))
    return " · ".join(found)


def _cut(rows: int) -> str:
    return f"… and {number(rows - SHOWN)} more." if rows > SHOWN else ""


def _so_many(count: int, one: str, many: str | None = None) -> str:
    return f"{number(count)} {one if count == 1 else many or one + 's'}"

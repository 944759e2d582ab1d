"""Dashboards as markdown: one per wave, and an overview of all waves and calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from outreach.dashboard import charts, markdown, measures, svg, words
from outreach.dashboard.markdown import Align, escape, link
from outreach.dashboard.measures import Measures, Part
from outreach.dashboard.progress import CallProgress
from outreach.dashboard.tried import tried_markdown
from outreach.dashboard.waits import waits_markdown
from outreach.dashboard.words import NO_BREAK, number
from outreach.model.pace import Waiting
from outreach.model.report import Figure, WaveReport
from outreach.model.trial import Trying
from outreach.model.wave import BatchState, WaveState

SHOWN = 120
"""So many rows a table has at most: an artifact should stay under 100 KB."""

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

    def public(self, kind: str, slug: str) -> str:
        """Return a public page: of *kind* `calls` or `campaigns`."""
        return f"{self.public_url.rstrip('/')}/{kind}/{quote(slug, safe='')}"


def wave_markdown(
    report: WaveReport,
    *,
    links: DashboardLinks,
    now: datetime,
    trying: Trying | None = None,
    waits: Sequence[Waiting] = (),
) -> str:
    """Return the dashboard of a wave: what matters first, then the charts, then every figure.

    With *trying*, what came of the share that went first, too; with *waits*, who waits for which moment, and why.
    """
    whole = measures.of_wave(report)
    languages = _parts(report, "variant")
    audiences = _parts(report, "audience")
    return markdown.document(
        [
            f"# {escape(report.title)}",
            _standing(report, now),
            _paused(report, links),
            waits_markdown(waits),
            _unknown(report, links),
            _headline(whole),
            svg.image(charts.funnel(report.title, whole), f"Funnel of {report.title}. {charts.funnel_in_words(whole)}"),
            _why_a_range(report),
            tried_markdown(trying) if trying else "",
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
    reports: Sequence[WaveReport], calls: Sequence[CallProgress], links: DashboardLinks, now: datetime
) -> str:
    """Return the index: how far each call has come, and all waves with the way to their dashboards."""
    return markdown.document(
        [
            "# Campaigns at a glance",
            f"{_so_many(len(reports), 'wave')}, {_so_many(len(calls), 'call')} · as of {words.moment(now)}",
            _paused_waves(reports, links),
            _unknown_waves(reports, links),
            "## Calls",
            _calls(calls, links, now),
            "## Waves",
            _waves(reports, links),
            _overview_links(links),
        ]
    )


def _parts(report: WaveReport, axis: str) -> list[Part]:
    name = words.variant if axis == "variant" else words.audience
    return [(name(code), part) for code, part in measures.by(report, axis).items()]


def _standing(report: WaveReport, now: datetime) -> str:
    return (
        f"**{STATES[report.state]}** · campaign {escape(report.campaign)}, wave {escape(report.wave)} · "
        f"as of {words.moment(now)}"
    )


def _paused(report: WaveReport, links: DashboardLinks) -> str:
    if not report.paused_why:
        return ""
    steer = link("Deployments, steer-wave", links.prefect("deployments"))
    return (
        f"> **⚠ Paused by itself: nobody more is written to until a person says so.**\n>\n"
        f"> {escape(report.paused_why)}.\n>\n> {steer}"
    )


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


def _paused_waves(reports: Iterable[WaveReport], links: DashboardLinks) -> str:
    """Name the waves that paused themselves, the newest first."""
    paused = [report for report in reports if report.paused_why][:10]
    return "\n>\n".join(
        f"> **⚠ Paused by itself:** {_titled(report, links)}: {escape(report.paused_why)}." for report in paused
    )


def _unknown_waves(reports: Iterable[WaveReport], links: DashboardLinks) -> str:
    troubled = [report for report in reports if report.unknown]
    if not troubled:
        return ""
    listed = ", ".join(f"{_titled(report, links)} ({number(report.unknown)})" for report in troubled[:10])
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


def _waves(reports: Sequence[WaveReport], links: DashboardLinks) -> str:
    if not reports:
        return "No wave has been planned yet."
    head: tuple[tuple[str, Align], ...] = (("Wave", "left"), ("State", "left"), *_PARTS[:5])
    rows = [
        [
            f"{_titled(report, links)} {escape(report.campaign)}",
            STATES[report.state].partition(":")[0],
            *_row(measures.of_wave(report))[:5],
        ]
        for report in reports[:SHOWN]
    ]
    return markdown.document([markdown.table(head, rows), _cut(len(reports))]).rstrip()


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

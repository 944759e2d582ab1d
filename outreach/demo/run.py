"""The demo: everything embedded, one campaign from feeds to dashboards, on this machine alone."""

import json
import secrets
import shutil
import signal
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from outreach.demo import story
from outreach.demo.people import write_people
from outreach.demo.prefect_api import PrefectApi
from outreach.demo.processes import Processes, free_port
from outreach.demo.readers import ReaderReport, simulate
from outreach.demo.screen import Screen
from outreach.errors import OutreachError
from outreach.services import Services, migrate_database, open_services
from outreach.settings import Settings
from outreach.steps import content, figures, importing

STAGES = (
    "start Prefect, receiver, outbox and feeds",
    "import people",
    "deploy the flows",
    "pull news and events",
    "send the newsletter",
    "readers read",
    "send the one-off call",
    "readers answer",
    "draw the dashboards",
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything is."""

    prefect: str
    public: str
    outbox: str
    feeds: str


@dataclass
class Demo:
    """One run of the demo; *once* stops by itself, else it stays up until Ctrl-C."""

    once: bool
    report: Path | None
    people: int
    seed: int
    folder: Path = field(default_factory=lambda: Path(".outreach/demo").absolute())

    def run(self) -> None:
        """Run all of it; whatever happens, nothing is left running."""
        # started with a shell's &, SIGINT would be ignored here and in every child
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _as_interrupt)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        addresses = _addresses()
        settings = _settings(self.folder, addresses)
        with (
            Screen(STAGES) as screen,
            Processes(self.folder / "logs", _environment(settings, addresses, self.folder)) as running,
        ):
            stage = Stages(self, screen, running, settings, addresses)
            try:
                stage.run()
            except OutreachError as error:
                screen.fail(error)
                raise SystemExit(1) from None
            except KeyboardInterrupt:
                screen.fail("stopped; nothing is left running")
                raise SystemExit(130) from None
            if not self.once:
                screen.stay()
                _until_interrupted(running)


class Stages:
    """The stages of one run, in order."""

    def __init__(
        self, demo: Demo, screen: Screen, running: Processes, settings: Settings, addresses: Addresses
    ) -> None:
        self.demo = demo
        self.screen = screen
        self.running = running
        self.settings = settings
        self.at = addresses
        self.prefect = PrefectApi(addresses.prefect, running.check)
        self.seen = 0
        self.readers: list[ReaderReport] = []

    def run(self) -> None:
        """Go through all stages and show what came of it."""
        begin, load, deploy, pull, news, read, call, answer, draw = STAGES
        with self.screen.stage(begin):
            self._begin()
        with self.screen.stage(load), open_services(self.settings) as services:
            imported = self._import(services)
        with self.screen.stage(deploy):
            self._deploy()
        with self.screen.stage(pull):
            self._run("pull-content", {})
        with self.screen.stage(news):
            self._run("send-wave", story.NEWSLETTER, approve=True)
        with self.screen.stage(read):
            self._read()
        with self.screen.stage(call):
            self._run("one-off-call", story.CALL, approve=True)
        with self.screen.stage(answer):
            self._read()
        with self.screen.stage(draw):
            self._run("refresh-dashboard", {})
        with open_services(self.settings) as services:
            self._conclude(services, imported)

    def _begin(self) -> None:
        migrate_database(self.settings)
        port = _port
        self.running.start(
            "prefect-server", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port(self.at.prefect)
        )
        self.running.start(
            "outbox", "-m", "outreach.demo.outbox", "--port", port(self.at.outbox),
            "--folder", str(self.demo.folder / "outbox"), "--webhook-url", f"{self.at.public}/webhooks/outbox",
        )  # fmt: skip
        self.running.start("receiver", "-m", "outreach", "receiver", "--port", port(self.at.public))
        self.running.start("feeds", "-m", "outreach.demo.feed_server", "--port", port(self.at.feeds))
        self.prefect.wait_until_ready(90)
        self.running.start(
            "prefect-worker", "-m", "prefect", "worker", "start", "--pool", "outreach", "--type", "process"
        )

    def _import(self, services: Services) -> dict[str, int]:
        counts: dict[str, int] = {}
        for path in write_people(self.demo.folder / "people", self.demo.people, self.demo.seed):
            report = importing.import_contacts(
                services,
                path,
                topic=story.TOPIC,
                basis=story.BASIS[path.stem],
                evidence=story.EVIDENCE,
                given_on=services.clock().date(),
            )
            for name in ("new", "invalid"):
                counts[name] = counts.get(name, 0) + getattr(report, name)
        for source in story.SOURCES:
            content.add_source(services, f"{self.at.feeds}/{source.path}", topic=source.topic, language=source.language)
        return counts

    def _deploy(self) -> None:
        self.running.run("deploy", "-m", "flows.deploy")

    def _run(self, flow: str, parameters: dict[str, Any], *, approve: bool = False) -> None:
        run = self.prefect.run(flow, parameters)
        if approve:
            self.prefect.wait_until_asked(run, 90)
            self.screen.note(f"approved by an invented colleague: {self.prefect.run_address(run)}")
            self.prefect.approve(run, story.APPROVER)
        self.prefect.wait_until_done(run, 120)

    def _read(self) -> None:
        report = simulate(
            self.at.outbox,
            self.settings.outbox_token.get_secret_value(),
            self.at.public,
            seed=self.demo.seed,
            after=self.seen,
            progress=self.screen.progress,
        )
        self.seen = report.last
        self.readers.append(report)

    def _conclude(self, services: Services, imported: dict[str, int]) -> None:
        waves = figures.waves_to_show(services)
        artifacts = self.prefect.artifacts()
        summary = {
            "content": content.counted(services),
            "people": imported,
            **figures.totals(services, waves),
            "readers": [asdict(report) for report in self.readers],
            "seconds": self.screen.seconds(),
            "artifacts": artifacts,
            "addresses": asdict(self.at),
        }
        if self.demo.report:
            self.demo.report.parent.mkdir(parents=True, exist_ok=True)
            self.demo.report.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        self.screen.conclude(
            summary,
            {
                "Prefect dashboard": artifacts.get("outreach-overview", f"{self.at.prefect}/v2/artifacts"),
                "Prefect": f"{self.at.prefect}/v2/dashboard",
                "Outbox (every mail sent)": self.at.outbox,
                "Public pages": self.at.public,
            },
        )


def _addresses() -> Addresses:
    return Addresses(*(f"http://127.0.0.1:{free_port(port)}" for port in (4200, 8400, 8410, 8420)))


def _port(address: str) -> str:
    return address.rpartition(":")[2]


def _settings(folder: Path, at: Addresses) -> Settings:
    return Settings(
        _env_file=None,
        home=folder,
        database_url="",
        secret=SecretStr(secrets.token_urlsafe(32)),
        public_url=at.public,
        prefect_url=at.prefect,
        provider="outbox",
        outbox_url=at.outbox,
        outbox_token=SecretStr(secrets.token_urlsafe(24)),
        outbox_webhook_secret=SecretStr(secrets.token_urlsafe(24)),
        private_feed_hosts=(at.feeds.removeprefix("http://"),),
        lease_seconds=30,
        batch_size=200,
    )


def _environment(settings: Settings, at: Addresses, folder: Path) -> dict[str, str]:
    return {
        "OUTREACH_HOME": str(folder),
        "OUTREACH_DATABASE_URL": "",
        "OUTREACH_SECRET": settings.key(),
        "OUTREACH_PUBLIC_URL": at.public,
        "OUTREACH_PREFECT_URL": at.prefect,
        "OUTREACH_PROVIDER": "outbox",
        "OUTREACH_OUTBOX_URL": at.outbox,
        "OUTREACH_OUTBOX_TOKEN": settings.outbox_token.get_secret_value(),
        "OUTREACH_OUTBOX_WEBHOOK_SECRET": settings.outbox_webhook_secret.get_secret_value(),
        "OUTREACH_PRIVATE_FEED_HOSTS": ",".join(settings.private_feed_hosts),
        "OUTREACH_LEASE_SECONDS": "30",
        "OUTREACH_BATCH_SIZE": "200",
        "OUTREACH_TRUSTED_PROXIES": "127.0.0.1",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"{at.prefect}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "outreach,flows",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _until_interrupted(running: Processes) -> None:
    waiting = threading.Event()
    try:
        while not waiting.wait(1.0):
            running.check()
    except KeyboardInterrupt:
        return

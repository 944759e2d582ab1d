"""A throw-away PostgreSQL cluster; it refuses to run as root, so root starts it as another user."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests import memory


def find_binaries() -> Path | None:
    """The folder with initdb and pg_ctl, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Cluster:
    """Started on entering, stopped and gone on leaving. *settings* come after, and so instead of, the hasty ones."""

    def __init__(self, binaries: Path, folder: Path, settings: tuple[str, ...] = ()) -> None:
        self.binaries = binaries
        self.settings = settings
        self.port = _free_port()
        # the folders above pytest's are closed to other users
        self.folder = Path(tempfile.mkdtemp(prefix="outreach-pg-", dir=memory.folder()))

    def __enter__(self) -> "Cluster":
        if os.geteuid() == 0:
            shutil.chown(self.folder, _other_user())
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "outreach", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off -c max_connections=60 "
        ) + " ".join(f"-c {setting}" for setting in self.settings)
        self._run("pg_ctl", "-D", str(data), "-o", options, "-w", "-l", str(self.folder / "log"), "start")
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "outreach", "outreach")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://outreach@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={_other_user()}", "--regid", _group(), "--clear-groups", *command]
        done = (
            subprocess.run(
                command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
            )
            if program != "pg_ctl"
            else _without_pipes(command)
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}")


def _without_pipes(command: list[str]) -> subprocess.CompletedProcess[str]:
    # the server started by pg_ctl would keep a pipe open for as long as it runs
    return subprocess.run(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True
    )


def _other_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group() -> str:
    return str(pwd.getpwnam(_other_user()).pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

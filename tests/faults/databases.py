"""Databases that may be hurt: a PostgreSQL that keeps what it committed, SQLite, and disks small enough to be full."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import psycopg

from outreach.store import migrate, open_engine
from tests.postgres import Cluster, find_binaries

DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
"""The tests' usual cluster forgets its last commits when it crashes; this one may not."""

SPARING = ("min_wal_size=32MB", "max_wal_size=64MB")
"""Else it keeps what each full disk made of its log, and after ten of them there is no room to start in."""

MOST_SEGMENTS = 30
MEGABYTE = 1 << 20


class Missing(Exception):
    """This machine lacks, or does not permit, what a row of the matrix needs."""


class Kind(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Database(Protocol):
    """What faults do to a database."""

    kind: Kind
    address: str

    def stop(self, mode: str) -> None: ...

    def start(self) -> None: ...

    def fill(self) -> None: ...

    def free(self) -> None: ...


class Disk:
    """A folder; where *small*, on a file system of its own, so that it can be full."""

    def __init__(self, folder: Path, *, small: bool) -> None:
        self.folder, self.small = folder, small
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not one byte."""
        if not self.small:
            raise Missing("a small file system could not be mounted (that takes root), so NO full disk was tried")
        with self._ballast.open("ab", buffering=0) as file:
            for size in (MEGABYTE, 4096, 1):
                _write_all(file.fileno(), bytes(size))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


def _write_all(descriptor: int, piece: bytes) -> None:
    try:
        while os.write(descriptor, piece) == len(piece):
            pass
    except OSError:
        return


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """Mount a file system of *megabytes* at *folder*; where that is not permitted the folder stays as it is."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield Disk(folder, small=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Sqlite:
    """One file on a disk."""

    kind = Kind.SQLITE

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.address = f"sqlite:///{disk.folder / 'outreach.db'}"

    def stop(self, mode: str) -> None:
        raise Missing("SQLite is no server")

    def start(self) -> None:
        raise Missing("SQLite is no server")

    def fill(self) -> None:
        """Leave no room, nor what SQLite has put aside for its log."""
        with closing(sqlite3.connect(self._disk.folder / "outreach.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._disk.fill()

    def free(self) -> None:
        self._disk.free()


class Postgresql:
    """A cluster that can be crashed and started again."""

    kind = Kind.POSTGRESQL

    def __init__(self, cluster: "_Restartable", disk: Disk) -> None:
        self._cluster, self._disk = cluster, disk
        self.address = cluster.url("outreach")

    def stop(self, mode: str) -> None:
        """Stop it: `fast` ends sessions in good order, `immediate` is a crash."""
        self._cluster.stop(mode)

    def start(self) -> None:
        self._cluster.start()

    def fill(self) -> None:
        """Leave no room, nor what PostgreSQL has put aside for its log: its next segment is one too many."""
        self._disk.fill()
        use_up = "SELECT pg_logical_emit_message(true, 'outreach', 'full'), pg_switch_wal()"
        with (
            suppress(psycopg.Error),
            psycopg.connect(self.address.replace("+psycopg", ""), autocommit=True) as connection,
        ):
            for _ in range(MOST_SEGMENTS):
                connection.execute(use_up)
            raise RuntimeError("the disk is full and PostgreSQL writes on")

    def free(self) -> None:
        """Make room, and do what an administrator would: start it if it gave up."""
        self._disk.free()
        self._cluster.start()


@contextmanager
def open_database(kind: Kind) -> Iterator[Database]:
    """Make an empty database with all tables, on a disk of its own; it is gone afterwards."""
    with _sqlite() if kind is Kind.SQLITE else _postgresql() as database:
        engine = open_engine(database.address)
        migrate.upgrade(engine)
        engine.dispose()
        yield database


@contextmanager
def _sqlite() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="outreach-disk-") as name, small_disk(Path(name), 32) as disk:
        yield Sqlite(disk)


@contextmanager
def _postgresql() -> Iterator[Database]:
    binaries = find_binaries()
    if binaries is None:
        raise Missing("PostgreSQL is not installed (apt-get install postgresql), so NOTHING was tried on it")
    cluster = _Restartable(binaries, Path(), (*DURABLE, *SPARING))
    try:
        with small_disk(cluster.folder, 200) as disk, cluster:
            yield Postgresql(cluster, disk)
    finally:
        shutil.rmtree(cluster.folder, ignore_errors=True)


class _Restartable(Cluster):
    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def start(self) -> None:
        """Start it, or stop and start it, with the options it had."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "-l", log, "restart")

"""The PostgreSQL that benchmarks run on: made for one run, and gone after it."""

import sys
from pathlib import Path

from tests.postgres import Cluster, find_binaries


def cluster(folder: Path, settings: tuple[str, ...]) -> Cluster:
    """Return a server in *folder*, to be started by `with`; leave where PostgreSQL is missing."""
    binaries = find_binaries()
    if binaries is None:
        sys.exit("PostgreSQL is missing: apt-get install postgresql")
    return Cluster(binaries, folder, settings)

"""Where tests keep their files: in memory where there is room, because databases wait for disks."""

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 4_000_000_000
"""Bytes; containers often have a few megabytes there."""


def folder() -> str:
    """Return the folder in which temporary ones are made."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH
    return str(MEMORY) if roomy else tempfile.gettempdir()

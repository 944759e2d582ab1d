"""Programs of this machine that a look needs."""

import shutil

from outreach.errors import NotInspected


def found(program: str, name: str) -> str:
    """Return the path of *program*; `NotInspected` where it is not wanted or not there."""
    if not program:
        raise NotInspected(name, "it is switched off in the settings")
    path = shutil.which(program)
    if path is None:
        raise NotInspected(name, f"{program} is not installed")
    return path

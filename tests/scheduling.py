"""How tests are dealt out to processes: a file each, but some folders whole, whose tests share what is dear to make."""

from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/flows", "tests/judges", "tests/browser")
"""One Prefect server is enough, one browser for many pages, and all mails are compiled once."""

DEAREST = (
    "tests/walk",
    "tests/flows",
    "tests/browser",
    "tests/faults",
    "tests/judges",
    "tests/steps",
    "tests/audience",
)
"""What takes longest comes first: what is short fills up the processes at the end, so that they end together."""


def place(nodeid: str) -> int:
    """Return how early a test is dealt out; 0 comes first."""
    return next((at for at, folder in enumerate(DEAREST) if nodeid.startswith(f"{folder}/")), len(DEAREST))


class OneServer(LoadFileScheduling):
    """Files as units, and the folders of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((folder for folder in TOGETHER if nodeid.startswith(f"{folder}/")), None)
        return folder or super()._split_scope(nodeid)

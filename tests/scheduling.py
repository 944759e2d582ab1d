"""How tests are dealt out to processes: a file each, but some folders whole, whose tests share what is dear to make."""

from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/flows", "tests/judges")
"""One Prefect server is enough, and all mails are compiled once."""


class OneServer(LoadFileScheduling):
    """Files as units, and the folders of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((folder for folder in TOGETHER if nodeid.startswith(f"{folder}/")), None)
        return folder or super()._split_scope(nodeid)

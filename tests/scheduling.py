"""How tests are dealt out to processes: a file each, but all flows to one, so that one Prefect server is enough."""

from xdist.scheduler import LoadFileScheduling

FLOWS = "tests/flows"


class OneServer(LoadFileScheduling):
    """Files as units, and the folder of flows as one."""

    def _split_scope(self, nodeid: str) -> str:
        return FLOWS if nodeid.startswith(f"{FLOWS}/") else super()._split_scope(nodeid)

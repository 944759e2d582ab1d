"""`outreach demo`: a whole campaign on this machine."""

from pathlib import Path

from outreach.demo.run import Demo


def demo(*, once: bool = False, report: Path | None = None, people: int = 2500, seed: int = 1) -> None:
    """Run a campaign from feeds to dashboards with everything embedded, then stay up until Ctrl-C.

    Parameters
    ----------
    once
        Stop by itself when all is done.
    report
        Write a machine-readable summary to this JSON file.
    people
        How many invented people to write to.
    seed
        Another number, other people and other readers.
    """
    Demo(once=once, report=report, people=people, seed=seed).run()

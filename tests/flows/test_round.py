"""A look after all waves: what goes wrong with one, or with finding them, keeps the others from nothing."""

from flows import late_mails
from outreach.services import Services


def test_waves_that_cannot_be_told_are_said_and_the_others_are_looked_after(services: Services) -> None:
    def broken(_: Services) -> list[int]:
        raise KeyError("no such message")

    this = late_mails._Round()

    found = this.found(broken, services) | this.found(lambda _: [2, 1], services)

    assert (found, this.untold) == ({1, 2}, ["'no such message'"])


def test_one_waves_trouble_holds_up_no_other() -> None:
    def settle(wave_id: int) -> str:
        if wave_id == 1:
            raise ValueError("damaged")
        return "closed"

    this = late_mails._Round()

    this.each([2, 1], settle)

    assert (this.done, this.failed) == ({2: ["closed"]}, {1: ["damaged"]})

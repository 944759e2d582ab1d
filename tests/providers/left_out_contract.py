"""What the ledger relies on where an API would refuse a whole call for one mail, or lose that one: subclass it."""

from typing import ClassVar

from outreach.model.mail import MergePlan, Receipt, Recipient
from tests.builders_providers import message, plan, recipient, rids
from tests.providers.contract import new_key
from tests.providers.fake_api import ApiUnderTest


class LeavesSomeOut:
    """And this, where a mail that the API would not carry stays out of the call, so that the others get theirs."""

    odd_cases: ClassVar[tuple[Recipient, ...]]
    """Whose mails it would not carry, where every mail has the header `X-Name` with the first name."""
    looks_like_an_id: ClassVar[str]
    """What stands in a call beside the id of somebody who is in it."""

    def test_who_cannot_be_written_to_does_not_keep_the_others_from_their_mail(
        self, api: ApiUnderTest, odd_case: Recipient
    ) -> None:
        merge = MergePlan(message(headers={"X-Name": "@@first_name@@"}), (odd_case, recipient("bo@example.com")))

        odd, bo = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert (odd, bool(bo.provider_id)) == (Receipt(odd_case.rid, untried=True), True)
        assert [mail.recipient for mail in api.taken()] == ["bo@example.com"]

    def test_alone_they_are_refused_without_a_call(self, api: ApiUnderTest) -> None:
        merge = plan("zoë@example.com")

        (receipt,) = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert receipt.refused.lower().startswith(f"{api.provider.name} takes no such address")
        assert api.server.requests == []

    def test_text_that_looks_like_an_id_adds_nobody_to_the_call(self, api: ApiUnderTest) -> None:
        merge = plan("zoë@example.com", "bo@example.com", text=self.looks_like_an_id)

        receipts = api.provider.send(api.provider.prepare(merge), new_key(), rids(merge))

        assert [receipt.untried for receipt in receipts] == [True, False]

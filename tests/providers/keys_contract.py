"""What the ledger relies on where an API knows idempotency keys: subclass the one that says what it does with them."""

import pytest

from outreach.demo.outbox.faults import FaultKind
from outreach.errors import OutcomeUnknown
from outreach.model.mail import MergePlan
from tests.builders_providers import message, plan
from tests.providers.contract import AFTER, HttpContract, new_key, send
from tests.providers.fake_api import ApiUnderTest


class KeysContract(HttpContract):
    """And this, where the same body under the same key is answered again instead of sent again."""

    keys = True

    def test_a_replay_is_answered_again_and_not_sent_again(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com", "bo@example.com"), new_key()

        assert send(api, merge, key) == send(api, merge, key)
        assert api.taken() == list(merge.mails())

    @pytest.mark.parametrize("fault", AFTER)
    def test_a_replay_settles_what_got_lost_after_it_was_taken(self, api: ApiUnderTest, fault: FaultKind) -> None:
        merge, key = plan("anna@example.com", "bo@example.com"), new_key()
        api.fail(fault)
        with pytest.raises(OutcomeUnknown):
            send(api, merge, key)

        assert len(send(api, merge, key)) == 2
        assert api.taken() == list(merge.mails())

    def test_another_body_under_the_same_key_is_unknown_and_not_sent(self, api: ApiUnderTest) -> None:
        first, key = plan("anna@example.com"), new_key()
        send(api, first, key)

        with pytest.raises(OutcomeUnknown, match="409"):
            send(api, MergePlan(message(text="other"), first.recipients), key)

        assert api.taken() == list(first.mails())


class TakesKeysOnce(HttpContract):
    """And this, where a key is refused once a call with it was taken."""

    keys = True

    def test_a_call_made_again_is_not_sent_again_and_says_nothing_of_the_first(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com", "bo@example.com"), new_key()
        send(api, merge, key)

        with pytest.raises(OutcomeUnknown, match="duplicate"):
            send(api, merge, key)

        assert api.taken() == list(merge.mails())

    def test_a_call_that_did_not_arrive_goes_out_when_made_again(self, api: ApiUnderTest) -> None:
        merge, key = plan("anna@example.com"), new_key()
        api.fail(FaultKind.ERROR_500)
        with pytest.raises(OutcomeUnknown):
            send(api, merge, key)

        assert len(send(api, merge, key)) == 1
        assert api.taken() == list(merge.mails())

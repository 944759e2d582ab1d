from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer as PatientSigner

from outreach.errors import TokenRefused
from outreach.model.tokens import Signer, Tokens

TOKENS = Tokens("a-key-for-tests-that-is-long-enough")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_a_delivery_is_found_again_by_its_public_id():
    assert TOKENS.delivery_of(TOKENS.rid(7)) == 7


@given(st.text(min_size=20), st.text(min_size=1), st.integers(0, 10**15))
def test_signatures_are_those_of_the_library(key: str, salt: str, number: int):
    ours, theirs = Signer(key, salt), PatientSigner(key, salt=salt)

    assert ours.sign(str(number)) == theirs.sign(str(number))
    assert ours.unsign(theirs.sign(str(number))) == str(number).encode()


def test_a_tracked_link_does_not_unsubscribe():
    with pytest.raises(TokenRefused):
        TOKENS.delivery_to_unsubscribe(TOKENS.rid(7))
    with pytest.raises(TokenRefused):
        TOKENS.delivery_of(TOKENS.unsubscribe(7))


def test_another_installation_cannot_read_our_tokens():
    with pytest.raises(TokenRefused):
        Tokens("another-key-that-is-long-enough-too").delivery_of(TOKENS.rid(7))


def test_a_public_id_fits_every_providers_alphabet():
    assert TOKENS.rid(10**15).replace("_", "").replace("-", "").isalnum()
    assert len(TOKENS.rid(10**15)) <= 64


def test_no_two_form_tokens_are_alike_and_each_says_when_it_was_made():
    first, second = TOKENS.form("nominate", NOON), TOKENS.form("nominate", NOON)

    assert first != second
    assert TOKENS.form_shown_at("nominate", first) == NOON


@pytest.mark.parametrize("junk", ["!!!!", "????", "\0", "=", " "])
def test_a_form_token_cannot_be_written_in_two_ways(junk):
    with pytest.raises(TokenRefused):
        TOKENS.form_shown_at("nominate", TOKENS.form("nominate", NOON) + junk)


def test_a_form_token_belongs_to_one_call():
    with pytest.raises(TokenRefused, match="belongs to another call"):
        TOKENS.form_shown_at("ambassador", TOKENS.form("nominate", NOON))

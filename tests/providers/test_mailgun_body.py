"""The text of Mailgun's variables is put together here; it has to be what the standard library would have written."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import Signer

from outreach.model.mail import MergePlan
from outreach.model.tokens import Tokens
from tests.builders_providers import message, recipient
from tests.providers.test_mailgun import make

KEY = "a-key-for-tests-that-is-long-enough"
HEADERS = {f"X-{number}": f"@@first_name@@{number}" for number in range(11)}  # the tenth sorts before the second


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20), min_size=1))
def test_variables_are_the_json_that_the_library_writes(names: list[str]) -> None:
    people = tuple(recipient(f"p{number}@example.com", first_name=name) for number, name in enumerate(names))

    _, _, rest = make().prepare(MergePlan(message(headers=HEADERS), people)).decode().partition("\r\n\r\n")
    variables = rest.partition("\r\n")[0]

    assert variables == json.dumps(json.loads(variables), ensure_ascii=False, sort_keys=True)


@given(st.integers(0, 10**15))
def test_public_ids_are_the_librarys_signatures(number: int) -> None:
    signed = Signer(KEY, salt="outreach.track").sign(str(number)).decode()

    assert Tokens(KEY).rid(number) == signed.replace(".", "_", 1)

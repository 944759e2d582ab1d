import pytest

from outreach.errors import DefinitionError
from outreach.model.cap import Cap


def test_a_cap_is_read_and_says_why():
    assert [Cap.read(text) for text in ("3/7", " 1 / 1 ", "", " ")] == [Cap(3, 7), Cap(1, 1), None, None]
    assert (Cap(3, 7).why, Cap(1, 1).why) == ("had 3 mails in 7 days", "had 1 mail in 1 day")


@pytest.mark.parametrize("text", ["3", "0/7", "3/0", "3/7/1", "-3/7", "three/7", "3/week"])
def test_a_cap_that_cannot_be_read_is_refused(text):
    with pytest.raises(
        DefinitionError, match=f"^OUTREACH_FREQUENCY_CAP: found '{text}'; write mails/days, such as 3/7"
    ):
        Cap.read(text)

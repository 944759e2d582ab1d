import pytest

from outreach.errors import NotFound
from outreach.model.people import ConsentAct
from outreach.services import Services
from outreach.steps import people
from outreach.steps.people import AudienceCount
from tests.builders_people import Soul, add


def test_an_audience_is_counted_for_a_topic_with_who_is_left_out(services: Services):
    with services.sessions.begin() as session:
        add(
            session,
            Soul("bo@example.org", groups=("member",)),
            Soul("anke@example.org", groups=("member",), language="de"),
            Soul("cy@example.org", groups=("member",), language=None),
            Soul("di@example.org", groups=("member",), acts={"care": (ConsentAct.GIVEN,)}),
            Soul("ed@example.org", groups=("social-worker",)),
        )

    assert people.count_audience(services, "members") == AudienceCount(
        3, {"de": 1, "nl": 1, "unknown": 1}, {"no consent for social-work": 1}
    )
    assert people.count_audience(services, "members", topic="care") == AudienceCount(
        1, {"nl": 1}, {"no consent for care": 3}
    )


def test_an_audience_that_does_not_exist_lists_what_does(services: Services):
    with pytest.raises(NotFound) as caught:
        people.count_audience(services, "golden")

    assert str(caught.value) == "no audience 'golden'; there is: members, municipalities, social_workers"
    assert people.audience_names(services) == ["members", "municipalities", "social_workers"]

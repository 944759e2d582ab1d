from collections.abc import Iterator

import pytest

from tests.builders_feeds import FeedServer, serving


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serving() as running:
        yield running

"""The receiver in memory."""

import pytest

from outreach.receiver import create
from outreach.services import Services
from tests.receiver.client import Client


@pytest.fixture
def client(services: Services) -> Client:
    return Client(create(services))

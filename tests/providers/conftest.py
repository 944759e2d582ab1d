"""The API under test of each provider's own file, and the cases that its contract class lists."""

from collections.abc import Iterator

import pytest

from tests.providers.fake_api import ApiUnderTest, open_api

CONTRACTS = ("contract", "keys_contract", "left_out_contract", "look_up_contract", "webhook_contract")

pytest.register_assert_rewrite(*(f"tests.providers.{name}" for name in CONTRACTS))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a contract that takes `<name>_case` runs once for each of the class's `<name>_cases`."""
    for name in metafunc.fixturenames:
        if name.endswith("_case"):
            metafunc.parametrize(name, getattr(metafunc.cls, f"{name}s"))


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[ApiUnderTest]:
    """The server that the test's file names `SERVER`, called by what it names `make`."""
    with open_api(request.module.SERVER, request.module.make) as api:
        yield api


@pytest.fixture
def api(running: ApiUnderTest) -> ApiUnderTest:
    running.server.forget()
    return running

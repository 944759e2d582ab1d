import pytest

from outreach.dialling import addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1",
        "2001:0:7f00:1::1", "no address",
    ],
)  # fmt: skip
def test_what_is_not_on_the_open_internet_is_not_public(address: str):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_ordinary_address_is_public(address: str):
    assert addresses.is_public(address)


def test_the_system_knows_this_machine():
    assert "127.0.0.1" in addresses.by_system("localhost", 80, 5)

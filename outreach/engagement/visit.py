"""A request as we may keep it: the program's name bounded, the address cut to its network."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

AGENT_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks. *network* is None where the address is not known."""

    agent: str = ""
    network: str | None = None
    method: str = "GET"

    def __post_init__(self) -> None:
        printable = "".join(c for c in self.agent if c.isprintable())
        object.__setattr__(self, "agent", printable[:AGENT_LIMIT])


def network_of(address: str) -> str | None:
    """Return the /24 or /48 that *address* lies in, which names no household; None for what is not an address."""
    try:
        found = ip_address(address.partition("%")[0].strip())
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    length = 48 if isinstance(found, IPv6Address) else 24
    return str(ip_network(f"{found}/{length}", strict=False))

"""Which addresses are dialled. A feed's address, or one it redirects to, must not reach into our own network."""

import socket
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin, urlsplit

from outreach.errors import AddressRefused, FeedUnreachable

Resolve = Callable[[str, int, float], list[str]]
"""Name, port and seconds to the addresses that the name has."""

_PORTS = {"http": 80, "https": 443}
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # NAT64 holds an IPv4 address


@dataclass(frozen=True, slots=True)
class Target:
    """One hop: an address as written, and what is needed to dial it."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The name with its port as the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def at(self, address: str) -> str:
        """Return the URL with the name replaced by a checked address."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def target(url: str, base: str = "") -> Target:
    """Return *url*, perhaps relative to *base*, taken apart; `AddressRefused` unless it is plain http(s)."""
    try:
        joined = urljoin(base, url)
        parts = urlsplit(joined)
        host = (
            (parts.hostname or "").encode("idna").decode() if not (parts.hostname or "").isascii() else parts.hostname
        )
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise AddressRefused(url[:200], f"this is no address: {error}") from error
    if parts.scheme not in _PORTS or not host:
        raise AddressRefused(joined[:200], "only http and https are fetched")
    if parts.username or parts.password:
        raise AddressRefused(f"{parts.scheme}://{host}", "the address holds a name or password")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts._replace(fragment="").geturl(), parts.scheme, host, port, path)


def checked(target: Target, seconds: float, allowed: Collection[str], resolve: Resolve) -> list[str]:
    """Return the addresses that may be dialled for *target*, refusing it when even one of them is not public.

    *allowed* holds `host:port` pairs that may be private.
    """
    try:
        found = resolve(target.host, target.port, seconds)
    except TimeoutError as error:
        raise FeedUnreachable(target.url, f"no answer to the question where {target.host} is") from error
    except (OSError, UnicodeError) as error:
        raise FeedUnreachable(target.url, f"the name {target.host} is not known: {error}") from error
    if f"{target.host}:{target.port}" in allowed:
        return found
    for address in found:
        if not is_public(address):
            raise AddressRefused(
                target.url,
                f"{target.host} is at {address}, which is not public; where that is meant, "
                f"add {target.host}:{target.port} to OUTREACH_PRIVATE_FEED_HOSTS",
            )
    return found


def is_public(address: str) -> bool:
    """Return whether *address* is on the open internet, also when it wraps another one."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return all(_is_open(one) for one in (found, *_inside(found)))


def by_system(host: str, port: int, seconds: float) -> list[str]:
    """Ask the system where *host* is, without waiting longer than *seconds*."""
    asking = ThreadPoolExecutor(1, thread_name_prefix="resolve")
    try:
        answer = asking.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(seconds)
    finally:
        asking.shutdown(wait=False, cancel_futures=True)
    return list(dict.fromkeys(str(entry[4][0]) for entry in answer))


def _is_open(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TRANSLATED):
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inner if one is not None]

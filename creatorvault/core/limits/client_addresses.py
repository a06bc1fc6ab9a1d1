"""The client address of a request. Forwarding headers are trusted only from the proxies in the settings."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from litestar.types import HTTPScope

type Address = IPv4Address | IPv6Address

FORWARDED_FOR: Final = b"x-forwarded-for"
UNKNOWN: Final = "unknown"
"""For the peer of a Unix socket, which has no address."""


class ClientAddresses:
    """Reads `X-Forwarded-For` from the right, where the nearest proxy appends: the first address that is not one of our
    proxies is the client. Entries further left were sent by the client and are ignored.
    """

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._trusted = [ip_network(network) for network in trusted_proxies]

    def bucket(self, scope: HTTPScope) -> str:
        """Returns the client's address; for IPv6 the /64, which every subscriber has at least."""
        address = self._client(scope)
        if isinstance(address, IPv6Address):
            return f"{ip_address(int(address) >> 64 << 64)}/64"
        return UNKNOWN if address is None else str(address)

    def _client(self, scope: HTTPScope) -> Address | None:
        peer = scope.get("client")
        nearest = _address(peer[0]) if peer else None
        if nearest is None or not self._is_proxy(nearest):
            return nearest
        for text in _forwarded(scope):
            address = _address(text)
            if address is None:
                break  # not written by one of our proxies; the last trusted address is used
            nearest = address
            if not self._is_proxy(address):
                break
        return nearest

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _forwarded(scope: HTTPScope) -> Iterator[str]:
    """Returns the addresses from right to left. Several headers form one list (RFC 9110 §5.3)."""
    for name, value in reversed(list(scope["headers"])):
        if name == FORWARDED_FOR:
            yield from reversed(value.decode("latin-1").split(","))


def _address(text: str) -> Address | None:
    """Also parses `192.0.2.1:1234` and `[2001:db8::1]:1234`, which some proxies send; IPv4-mapped IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address

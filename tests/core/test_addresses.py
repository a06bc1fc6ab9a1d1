"""The client address of a request, with and without proxies."""

from typing import Any

import pytest

from creatorvault.core.limits.client_addresses import ClientAddresses

PROXIES = ("10.0.0.0/8", "fd00::/8")


def scope(peer: str | None, *forwarded: str) -> Any:
    return {
        "client": None if peer is None else (peer, 40_000),
        "headers": [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded],
    }


@pytest.mark.parametrize(
    ("peer", "forwarded", "bucket"),
    [
        pytest.param("203.0.113.9", (), "203.0.113.9", id="straight"),
        pytest.param("203.0.113.9", ("198.51.100.1",), "203.0.113.9", id="a stranger's word"),
        pytest.param("10.0.0.1", (), "10.0.0.1", id="a proxy that says nothing"),
        pytest.param("10.0.0.1", ("198.51.100.1",), "198.51.100.1", id="a proxy's word"),
        pytest.param("10.0.0.1", ("1.2.3.4, 198.51.100.1",), "198.51.100.1", id="a client's word before the proxy's"),
        pytest.param("10.0.0.1", ("198.51.100.1, 10.9.9.9",), "198.51.100.1", id="two proxies"),
        pytest.param("10.0.0.1", ("1.2.3.4", "198.51.100.1"), "198.51.100.1", id="two headers are one list"),
        pytest.param("10.0.0.1", ("10.2.2.2, 10.3.3.3",), "10.2.2.2", id="proxies all the way"),
        pytest.param("10.0.0.1", ("1.2.3.4, nonsense",), "10.0.0.1", id="nonsense"),
        pytest.param("10.0.0.1", ("1.2.3.4, ",), "10.0.0.1", id="an empty element"),
        pytest.param("10.0.0.1", ("\xff",), "10.0.0.1", id="not even text"),
        pytest.param("10.0.0.1", ("198.51.100.1:50000",), "198.51.100.1", id="with a port"),
        pytest.param("10.0.0.1", ("[2001:db8:1:2:3::4]:443",), "2001:db8:1:2::/64", id="IPv6 with a port"),
        pytest.param("fd00::1", ("2001:db8:1:2:3::4",), "2001:db8:1:2::/64", id="IPv6 through IPv6"),
        pytest.param("2001:db8:1:2:9:9:9:9", (), "2001:db8:1:2::/64", id="one subscriber's addresses are one"),
        pytest.param("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1", id="a proxy as IPv4 within IPv6"),
        pytest.param("::ffff:203.0.113.9", ("1.2.3.4",), "203.0.113.9", id="IPv4 within IPv6"),
        pytest.param(None, ("198.51.100.1",), "unknown", id="a Unix socket"),
    ],
)
def test_the_nearest_address_that_is_not_our_proxy_is_used(
    peer: str | None, forwarded: tuple[str, ...], bucket: str
) -> None:
    assert ClientAddresses(PROXIES).bucket(scope(peer, *forwarded)) == bucket


def test_without_trusted_proxies_forwarded_addresses_are_ignored() -> None:
    assert ClientAddresses(()).bucket(scope("10.0.0.1", "198.51.100.1")) == "10.0.0.1"

"""Normalises web addresses as browsers do (WHATWG URL Standard §4.5), so that they can be compared as text.

Scheme and host are in lower case, the default port is omitted, and a name in another script is in punycode
(UTS #46, nontransitional). Forms that no front end or issuer needs are refused instead of being interpreted:
wildcards, user names, spaces, incomplete IPv4 addresses. Errors are a predicate about the address, for a
sentence that names the setting.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import idna

ADDRESS: Final = re.compile(r"(https?)://([^/?#\\]+)([/?#].*)?", re.IGNORECASE | re.DOTALL)
PORT: Final = re.compile(r"(.+?):([0-9]*)", re.DOTALL)
BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]")
LABEL: Final = re.compile(r"[a-z0-9_-]{1,63}")
# WHATWG treats a host as an IPv4 address if the last label is a number.
NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
LONGEST_NAME: Final = 253
LONGEST_ADDRESS: Final = 2048
HIGHEST_PORT: Final = 65_535
OWN_PORTS: Final = {"http": 80, "https": 443}


class Address(NamedTuple):
    """`rest` begins with the path, and is not changed."""

    origin: str
    rest: str


def normal_origin(text: str) -> str:
    """Ignores a trailing slash. Raises ValueError."""
    address = _read(text, "an origin")
    if address.rest not in ("", "/"):
        raise ValueError(f"{text!r} is not an origin like https://app.example.com")
    return address.origin


def normal_address(text: str, *, query: bool = False) -> str:
    """Normalises an address with a path, and with a query if `query` is set. Raises ValueError."""
    address = _read(text, "an address")
    if "#" in address.rest or ("?" in address.rest and not query):
        raise ValueError(f"{text!r} has more than a path behind its host")
    return address.origin + address.rest


def origin_of(address: str) -> str:
    """Returns the origin of an address that `normal_address` accepts."""
    return _read(address, "an address").origin


def spellings(text: str) -> tuple[str, ...]:
    """Returns the original spelling, and that of browsers if it is an address and the spelling differs."""
    try:
        return tuple(dict.fromkeys((text, normal_address(text, query=True))))
    except ValueError:
        return (text,)


def refused(form: Callable[[str], str], text: str) -> str | None:
    """Returns why it cannot be normalised."""
    try:
        form(text)
    except ValueError as error:
        return str(error)
    return None


def is_plain_http(url: str) -> bool:
    """Whether the address is reached without TLS over a network."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(text: str, what: str) -> Address:
    found = ADDRESS.fullmatch(text) if len(text) <= LONGEST_ADDRESS else None
    if BLANK.search(text):
        raise ValueError(f"{text!r} holds a space or a control character")
    if found is None:
        raise ValueError(f"{text!r} is not {what} like https://app.example.com")
    scheme, authority, rest = found[1].lower(), found[2], found[3] or ""
    if "@" in authority:
        raise ValueError("holds a user or password")
    if "*" in authority:
        raise ValueError(f"{text!r} has a wildcard: list each address")
    host, port = authority, ""
    if with_port := PORT.fullmatch(authority):
        host, port = with_port.groups()
    return Address(f"{scheme}://{_host(host, text)}{_port(port, scheme, text)}", rest)


def _port(digits: str, scheme: str, text: str) -> str:
    if not digits:
        return ""
    port = int(digits[-6:]) if not digits[:-6].strip("0") else 0
    if not 1 <= port <= HIGHEST_PORT:
        raise ValueError(f"{text!r} has a port that is not 1 to {HIGHEST_PORT}")
    return "" if port == OWN_PORTS[scheme] else f":{port}"


def _host(host: str, text: str) -> str:
    try:
        if host.startswith("["):
            return f"[{_ipv6(host)}]"
        name = (host if host.isascii() else _punycode(host)).lower()
        labels = name.removesuffix(".").split(".")
        if NUMBER.fullmatch(labels[-1]):
            return str(IPv4Address(name.removesuffix(".")))
    except ValueError:
        raise ValueError(f"{text!r} has a host that is neither a name nor an IP address") from None
    if len(name) > LONGEST_NAME or not all(map(LABEL.fullmatch, labels)):
        raise ValueError(f"{text!r} has a host that is neither a name nor an IP address")
    return name


def _punycode(host: str) -> str:
    """Names that only UTS #46 permits, such as ☕.example, must be given in punycode."""
    if len(host) > LONGEST_NAME:
        raise ValueError
    return idna.encode(host, uts46=True, std3_rules=False, transitional=False).decode()


def _ipv6(host: str) -> str:
    """WHATWG serialises an embedded IPv4 address in hexadecimal, and does not support zones."""
    if not host.endswith("]") or "%" in host:
        raise ValueError
    address = IPv6Address(host[1:-1])
    if address.ipv4_mapped is None:
        return address.compressed
    high, low = divmod(int(address.ipv4_mapped), 2**16)
    return f"::ffff:{high:x}:{low:x}"

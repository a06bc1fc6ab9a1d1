"""Lookup of ASGI request headers by name."""

from typing import Final

from litestar.types import Scope

KEY: Final = "headers_by_name"


def header(scope: Scope, name: bytes) -> str | None:
    """Returns the first value, decoded as latin-1 (RFC 9110 §5.5), or None. `name` is in lower case."""
    value = first_values(scope).get(name)
    return None if value is None else value.decode("latin-1")


def first_values(scope: Scope) -> dict[bytes, bytes]:
    """Built once per request, for about a dozen lookups."""
    known: dict[bytes, bytes] | None = scope.get(KEY)  # type: ignore[assignment]  # a key of ours
    if known is None:
        known = scope[KEY] = dict(reversed([*scope["headers"]]))  # type: ignore[typeddict-unknown-key]
    return known


def list_header(scope: Scope, name: bytes) -> str | None:
    """Returns all values as one list, since a client may send each in a separate line (RFC 9110 §5.3)."""
    if name not in first_values(scope):
        return None
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)

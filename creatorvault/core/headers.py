"""Request headers as ASGI gives them: a look at one is cheaper than a mapping of all."""

from litestar.types import Scope


def header(scope: Scope, name: bytes) -> str | None:
    """Its first value, decoded as latin-1 (RFC 9110 §5.5); None where there is none. `name` is in lower case."""
    for known, value in scope["headers"]:
        if known == name:
            return value.decode("latin-1")
    return None

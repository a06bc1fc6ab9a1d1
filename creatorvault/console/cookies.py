"""Cookies of the console. Scripts cannot read them, and other sites cannot have them sent."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State

from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings

SESSION: Final = "creatorvault-console"
FORM: Final = "creatorvault-console-form"
"""Of a browser without a session: a random text, from which the token of the sign-in form is derived."""

# Browsers accept this prefix only with Secure, Path=/ and no Domain, so that no other host can set the cookie (RFC
# 6265bis §4.1.3.2).
HOST: Final = "__Host-"
SAME_SITE: Final = "strict"

type Connection = ASGIConnection[Any, Any, Any, State]


def cookie_of(connection: Connection, name: str) -> str | None:
    """Returns the value that the browser sent."""
    return connection.cookies.get(_full_name(connection, name))


def new_cookie(connection: Connection, name: str, value: str, seconds: int | None = None) -> Cookie:
    """Without `seconds` it is kept as long as the browser is open."""
    return Cookie(
        key=_full_name(connection, name),
        value=value,
        max_age=seconds,
        path="/",
        secure=_is_secure(connection),
        httponly=True,
        samesite=SAME_SITE,
    )


def no_cookie(connection: Connection, name: str) -> Cookie:
    """Makes the browser forget it."""
    return new_cookie(connection, name, "", 0)


def _full_name(connection: Connection, name: str) -> str:
    return f"{HOST}{name}" if _is_secure(connection) else name


def _is_secure(connection: Connection) -> bool:
    """Without TLS, in development, browsers would refuse a secure cookie of another host than localhost."""
    return part_of(connection.app, Settings).server.behind_tls

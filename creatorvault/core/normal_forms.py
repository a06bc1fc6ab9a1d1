"""Settings that can be written in several ways, in the one form that the service compares and prints.

What has no such form stays as it is: `creatorvault.core.safety` says what is wrong with it.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from creatorvault.core.origins import normal_address, normal_origin

if TYPE_CHECKING:
    from creatorvault.settings import AuthSettings, ServerSettings


def normal_server(server: "ServerSettings") -> "ServerSettings":
    """Each allowed origin once, as browsers send it."""
    origins = dict.fromkeys(_formed(normal_origin, origin) for origin in server.allowed_origins)
    return replace(server, allowed_origins=tuple(origins), path_prefix=server.path_prefix.removesuffix("/"))


def normal_auth(auth: "AuthSettings") -> "AuthSettings":
    """`issuer` stays as it was written, since an issuer may say the same in its tokens (accounts.issuers)."""
    form = partial(normal_address, query=True)
    issuers = [replace(one, jwks_url=one.jwks_url and _formed(form, one.jwks_url)) for one in auth.issuers]
    return replace(auth, issuers=tuple(issuers))


def _formed(form: Callable[[str], str], text: str) -> str:
    try:
        return form(text)
    except ValueError:
        return text

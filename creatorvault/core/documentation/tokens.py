"""How a reader of the documentation gets a token: HTML, from the service's own settings."""

import sys
from html import escape
from pathlib import Path
from typing import Final

from creatorvault.settings.sections import Environment, IssuerSettings, Settings

USER: Final = "user-1"
"""The user in the examples of paths."""

DEVELOPMENT: Final = """\
      <p>This service runs for development. Its command prints a token on the last line, valid for an hour:</p>
      <pre tabindex="0"><code>{command} token --user {user}</code></pre>
      <p>Run it where the service was started. The user is the <code>user_id</code> in the paths.</p>"""
ISSUED: Final = """\
      <p>
        Tokens come from Better Auth{where}. Sign in to the application and take the JWT of
        <code>GET {address}/api/auth/token</code>: it has two dots, and is valid for some minutes. Its subject is the
        <code>user_id</code> in the paths.
      </p>"""


def how_to_get_a_token(settings: Settings) -> str:
    """Returns the command that mints a token if the service accepts such tokens, else where tokens come from."""
    issuers = settings.auth.issuers
    mints = any(issuer.kind == "shared-secret" and issuer.secret is not None for issuer in issuers)
    if settings.environment is Environment.DEVELOPMENT and mints:
        return DEVELOPMENT.format(command=escape(command()), user=USER)
    origins = [origin for issuer in issuers if (origin := _origin(issuer)) is not None]
    where = f" at {escape(' or '.join(origins))}" if origins else ""
    return ISSUED.format(where=where, address=escape(origins[0]) if len(origins) == 1 else "")


def command() -> str:
    """Returns how this program is called: by the interpreter's path if it is below the working directory."""
    interpreter, here = Path(sys.executable), Path.cwd()
    if interpreter.is_relative_to(here):
        return f"{interpreter.relative_to(here)} -m creatorvault"
    return "creatorvault"


def _origin(issuer: IssuerSettings) -> str | None:
    """Returns Better Auth's address, which is the `iss` of its tokens, so that it is no secret."""
    is_address = issuer.kind == "jwks" and issuer.issuer is not None and issuer.issuer.startswith(("https:", "http:"))
    return issuer.issuer.rstrip("/") if is_address and issuer.issuer is not None else None

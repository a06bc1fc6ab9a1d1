"""Rules for the settings of the console, in addition to `creatorvault.settings.rules`."""

from collections.abc import Iterator

from creatorvault.settings.operators import ConsoleSettings
from creatorvault.settings.sections import DatabaseSettings, ServerSettings


def unsafe_console(
    console: ConsoleSettings, server: ServerSettings, database: DatabaseSettings, *, production: bool
) -> Iterator[str]:
    if not console.enabled:
        return
    if database.url is not None and database.operator_url is None:
        yield "console.enabled says nothing without DATABASE_OPERATOR_URL"
    if production and not server.behind_tls:
        yield "console.enabled needs server.behind_tls: without TLS anybody on the way could take over a session"
    if console.port == server.port:
        yield f"console.port {console.port} is the service's own port"

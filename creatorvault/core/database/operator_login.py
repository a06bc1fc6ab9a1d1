"""The operators' way to the database: a login of its own, which sees the metadata of all tenants and no ciphertext."""

from typing import Final

from msgspec.structs import replace

from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.settings.sections import DatabaseSettings

OPERATION_SECONDS: Final = 60.0


def operators_database(settings: DatabaseSettings, seconds: float = OPERATION_SECONDS) -> Database | None:
    """A small pool, apart from the requests'; None where there is no such login.

    A statement may take `seconds`: an erasure destroys millions of rows, and no creator waits for it.
    """
    if settings.operator_url is None:
        return None
    limits = replace(settings, statement_seconds=seconds, idle_in_transaction_seconds=seconds, answer_seconds=seconds)
    return Database(replace(limits, url=settings.operator_url, pool_size=2, max_overflow=0))


def operators_statements(settings: DatabaseSettings) -> Statements | None:
    """One connection of the same login for what strangers may cause, so that no operator ever waits for them.

    None where there is no such login. A statement may take as long as a request's.
    """
    if settings.operator_url is None:
        return None
    return Statements(replace(settings, url=settings.operator_url, pool_size=1))

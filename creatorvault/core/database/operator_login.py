"""Database access for operators: a separate login, which sees the metadata of all tenants but no ciphertext."""

from typing import Final

from msgspec.structs import replace

from creatorvault.core.database.replica import Replica
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.settings.sections import DatabaseSettings

OPERATOR_ROLE: Final = "creatorvault_operator"
"""Created by a migration: sees the metadata of all tenants, but no ciphertext."""

OPERATION_SECONDS: Final = 60.0
POOL_SIZE: Final = 2


def operators_database(settings: DatabaseSettings, seconds: float = OPERATION_SECONDS) -> Database | None:
    """Returns a small pool, separate from that of requests; None if there is no such login.

    A statement may take `seconds`: an erasure destroys millions of rows, and no creator waits for it.
    """
    if settings.operator_url is None:
        return None
    limits = replace(settings, statement_seconds=seconds, idle_in_transaction_seconds=seconds, answer_seconds=seconds)
    return Database(replace(limits, url=settings.operator_url, pool_size=POOL_SIZE, max_overflow=0))


def operators_replica(settings: DatabaseSettings) -> Replica | None:
    """Returns a small pool of this login on the standby; None if there is none.

    Statements have the same time limits as those of requests: the primary answers what the standby does not.
    """
    return Replica.of(settings, settings.operator_replica_url, POOL_SIZE)


def operators_statements(settings: DatabaseSettings) -> Statements | None:
    """Returns one connection of this login for work caused by unauthenticated clients, so that operators never wait.

    Returns None if there is no such login. Statements have the same time limit as those of requests.
    """
    if settings.operator_url is None:
        return None
    return Statements(replace(settings, url=settings.operator_url, pool_size=1), of_tenants=False)

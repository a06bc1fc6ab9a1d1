"""A server that is not ours, on which tests run instead of a cluster of their own: such as a Citus cluster.

`CREATORVAULT_TEST_DATABASE` is the address of a database that may be emptied, with `{login}` in the place of the login:
`postgresql://{login}@localhost:5432/creatorvault_tests`. The logins are those of `tests.postgres`, and `postgres`, a
superuser. The database is upgraded and emptied where tests would clone one; what needs a private server is skipped.

`CREATORVAULT_TEST_DISTRIBUTED` runs the tests in distributed mode (docs/scaling.md), also on one server.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NoReturn, Self

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.postgres import TEMPLATE, Cluster, Database

VARIABLES: Final = ("CREATORVAULT_TEST_DATABASE", "CREATORVAULT_TEST_DISTRIBUTED")
ADDRESS, _IS_DISTRIBUTED = map(os.environ.get, VARIABLES)
DISTRIBUTED: Final = bool(_IS_DISTRIBUTED)

TABLES: Final = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relnamespace::regnamespace::text IN ('public', 'keys', 'jobs') AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND c.oid::regclass::text <> ALL ($1::text[])
"""
KEPT: Final = ("alembic_version", "keys.audit_keys", "migration_history", "totals_position", "write_probe")
"""Tables with rows that an upgrade leaves."""


PRIVATE: Final = {
    "tests/faults": "stops the server, or waits for its processes",
    "tests/ideas/test_page_plans.py": "reads plans of one server",
    "tests/ideas/test_reads.py::test_the_matches": "reads plans of one server",
    "tests/ideas/test_revisions_given_twice.py": "sets rows back, as a failover does",
    "tests/ideas/test_segments.py::test_a_search_does_not_find_a_deleted_row": "disables triggers",
    "tests/ideas/test_segments.py::test_ids_are_compared": "disables triggers",
    "tests/ideas/test_segments.py::test_a_change_that_waited": "sends statements in the form for one server",
    "tests/ideas/test_segments.py::test_segments_beyond": "locks the rows of all tenants",
    "tests/ideas/test_segments.py::test_an_unavailable_database": "locks the rows of all tenants",
    "tests/ideas/test_segment_rows.py": "changes constraints",
    "tests/ideas/test_swaps.py": "moves rows to other tenants",
    "tests/ideas/test_tampering_matrix.py": "disables triggers",
    "tests/isolation/test_first_writes.py": "starts applications on databases of their own",
    "tests/isolation/test_matrix.py": "takes row-level security off",
    "tests/isolation/test_scopes.py": "takes row-level security off",
    "tests/isolation/test_twins.py": "takes row-level security off",
    "tests/key_management/test_edges.py::test_what_a_change_replaces": "waits for a lock of one server",
    "tests/pgbouncer": "has a pooler of its own",
    "tests/test_distributed.py::test_a_database_without_citus": "is about one server",
}
"""Tests, by the beginning of their ids, that need a private server, and why."""

OPERATORS_REPLICA: Final = "reads of operators at a standby, which distributed mode refuses"
NOT_DISTRIBUTED: Final = {
    "tests/faults/test_replica.py::test_a_server_that_accepts_writes": OPERATORS_REPLICA,
    "tests/faults/test_replica.py::test_no_position_is_taken": OPERATORS_REPLICA,
    "tests/faults/test_replica.py::test_operators_": OPERATORS_REPLICA,
    "tests/faults/test_replica.py::test_positions_of_another_history": OPERATORS_REPLICA,
}
"""Tests, by the beginning of their ids, of what there is not in distributed mode."""


def reason_to_skip(item: pytest.Item) -> str | None:
    """Returns None for a test that can run on this server, in this mode."""
    if ADDRESS is not None and (reason := _reason_in(PRIVATE, item)):
        return f"needs a private server: {reason}"
    if DISTRIBUTED and (reason := _reason_in(NOT_DISTRIBUTED, item)):
        return f"is about one server: {reason}"
    return None


def _reason_in(reasons: Mapping[str, str], item: pytest.Item) -> str | None:
    return next((reason for beginning, reason in reasons.items() if item.nodeid.startswith(beginning)), None)


class ForeignDatabase(Database):
    """The one database."""

    _address: str

    def __init__(self, address: str) -> None:
        object.__setattr__(self, "name", make_url(address.replace("{login}", "login")).database)
        object.__setattr__(self, "_address", address)

    def url(self, role: str) -> str:
        return self._address.replace("{login}", role)

    @property
    def socket(self) -> str:
        _skip()


class ForeignCluster(Cluster):
    """The server of the one database."""

    the_database: ForeignDatabase

    def __init__(self, address: str, folder: str) -> None:
        object.__setattr__(self, "folder", folder)
        object.__setattr__(self, "the_database", ForeignDatabase(address))

    @classmethod
    def at(cls, address: str) -> Self:
        return cls(address, tempfile.mkdtemp(prefix="creatorvault-tests-"))

    @property
    def programs(self) -> str:
        _skip()

    @property
    def socket(self) -> str:
        _skip()

    def stop(self) -> None:
        """The server is not ours to stop."""
        shutil.rmtree(self.folder)

    def database(self, name: str) -> Database:
        if name != self.the_database.name:
            _skip()
        return self.the_database

    def create(self, name: str) -> Database:
        if name != TEMPLATE:
            _skip()
        return self.the_database

    def clone(self, name: str, template: str = TEMPLATE) -> Database:
        if template != TEMPLATE:
            _skip()
        _in_a_thread(_empty(self.the_database))
        return self.the_database

    def drop(self, database: Database) -> None:
        """The one database stays."""

    def run(self, sql: str, database: str | None = None) -> str:
        if database not in {None, self.the_database.name}:
            _skip()
        return _in_a_thread(_run(self.the_database, sql))

    def program(self, name: str, *arguments: str) -> str:
        _skip()


def _skip() -> NoReturn:
    pytest.skip("needs a private server")


def _in_a_thread[T](task: Coroutine[Any, Any, T]) -> T:
    """The caller's own thread may have a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, task).result()


async def _empty(database: Database) -> None:
    connection = await asyncpg.connect(database.superuser_url)
    try:
        tables = [name for (name,) in await connection.fetch(TABLES, KEPT)]
        async with connection.transaction():
            await connection.execute("SET LOCAL citus.propagate_set_commands = 'local'")
            await connection.execute("SET LOCAL session_replication_role = 'replica'")  # no trigger refuses it
            await connection.execute(f"TRUNCATE {', '.join(tables)}")
    finally:
        await connection.close()


async def _run(database: Database, sql: str) -> str:
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
    return ""

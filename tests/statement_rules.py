"""What every statement of the service keeps, so that a Citus cluster can answer it (docs/scaling.md).

Each table of tenants in a statement is compared with the tenant as a parameter; UPDATE and DELETE contain no volatile
function; in distributed mode the context comes from SET LOCAL in a transaction. Statements are recorded as the driver
sends them. Those of operators, who read and destroy across tenants, keep only the second rule.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import asyncpg
import pytest
import sqlglot
from sqlglot import Expr, exp
from sqlglot.errors import ParseError
from sqlmodel import SQLModel

import creatorvault.apps  # noqa: F401 - every app's tables are known with it
from creatorvault.core.database.tenant_context import REACHES_NODES, routed
from tests.postgres import OPERATOR, RUNTIME

CONTEXT: Final = re.compile(r"SET LOCAL app\.tenant_id = '[0-9a-f-]{36}'")
LITERAL: Final = re.compile(r"'[^']*'")
VOLATILE: Final = frozenset(
    ("set_config", "random", "gen_random_uuid", "clock_timestamp", "nextval", "pg_advisory_xact_lock")
)


def tenant_tables() -> frozenset[str]:
    """Those of a test's own app, too."""
    tables = SQLModel.metadata.tables.values()
    return frozenset(table.name for table in tables if "tenant_id" in table.columns)


@cache
def broken_rules(statement: str, *, of_all_tenants: bool = False) -> tuple[str, ...]:
    """Of a statement in the form for a cluster."""
    if not any(name in statement for name in tenant_tables()):
        return ()
    try:
        tree = sqlglot.parse_one(statement, dialect="postgres")
    except ParseError as error:  # raised here it would be an error of the service
        return (f"cannot be read, {error}: {statement}",)
    unscoped = [] if of_all_tenants else _unscoped(tree)
    found = [f"{name} is not compared with the tenant as a parameter" for name in unscoped]
    for change in tree.find_all(exp.Update, exp.Delete):
        called = {_name(function) for function in change.find_all(exp.Func)}
        found += [f"{name}() in a change" for name in sorted(called & VOLATILE)]
    return tuple(f"{rule}: {statement}" for rule in found)


def _name(function: exp.Func) -> str:
    return function.sql(dialect="postgres").partition("(")[0].lower()


def _unscoped(tree: Expr) -> Iterator[str]:
    """Names the tables without a condition in the query that they are in."""
    for table in tree.find_all(exp.Table):
        query = table.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Insert)
        if table.name in tenant_tables() and not isinstance(query, exp.Insert) and not _is_scoped(table, query):
            yield table.name


def _is_scoped(table: exp.Table, query: Expr | None) -> bool:
    conditions = [] if query is None else [query.args.get("where"), *(join.args.get("on") for join in _joins(query))]
    return any(
        _is_of(condition, table) for root in conditions if root is not None for condition in _all_of(root.unnest())
    )


def _joins(query: Expr) -> list[Expr]:
    return [join for join in query.find_all(exp.Join) if join.find_ancestor(exp.Select, exp.Update) is query]


def _all_of(condition: Expr) -> Iterator[Expr]:
    """The conditions that must all hold."""
    condition = condition.this if isinstance(condition, exp.Where) else condition
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _all_of(condition.left)
        yield from _all_of(condition.right)
    else:
        yield condition


def _is_of(condition: Expr, table: exp.Table) -> bool:
    if not isinstance(condition, exp.EQ) or not isinstance(condition.left, exp.Column):
        return False
    column, value = condition.left, condition.right
    while isinstance(value, exp.Cast):
        value = value.this
    is_its_own = column.table in {table.alias_or_name, ""}
    return column.name == "tenant_id" and is_its_own and isinstance(value, exp.Parameter | exp.Placeholder)


def _is_of_the_service(connection: Any) -> bool:
    return hasattr(connection, "distributed")


class Recorder:
    """Sees every statement of the runtime login. `broken` are the rules that a test has broken so far."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.seen: set[str] = set()

    def begin(self, connection: Any, query: str) -> None:
        if _is_of_the_service(connection) and query.startswith("BEGIN"):
            connection._begun = query

    def statement(self, connection: Any, query: str) -> None:
        if not _is_of_the_service(connection):
            return
        if connection._params.user == OPERATOR:
            self.broken += broken_rules(query, of_all_tenants=True)
        elif connection._params.user == RUNTIME:
            self._statement_of_a_tenant(connection, query)

    def _statement_of_a_tenant(self, connection: Any, query: str) -> None:
        self.seen.add(query)
        distributed = connection.distributed
        self.broken += broken_rules(query if distributed else routed(query))
        names = LITERAL.sub("", query)
        if distributed and any(re.search(rf"\b{name}\b", names) for name in tenant_tables()):
            self.broken += self._context(connection, query)

    @staticmethod
    def _context(connection: Any, query: str) -> Iterator[str]:
        if connection.is_in_transaction():
            begun = connection._begun
            if REACHES_NODES not in begun or not CONTEXT.search(begun):
                yield f"a transaction without a context: {query}"
        elif sqlglot.parse_one(query, dialect="postgres").find(exp.Insert, exp.Update, exp.Delete):
            yield f"a change outside of a transaction: {query}"


recorder: Final = Recorder()


def record(patch: pytest.MonkeyPatch) -> None:
    """Records from now on. The driver sends statements with arguments by `_get_statement`, and others by `execute`."""
    get, execute = asyncpg.Connection._get_statement, asyncpg.Connection.execute

    async def _get_statement(self: Any, query: str, *arguments: Any, **more: Any) -> Any:
        recorder.statement(self, query)
        return await get(self, query, *arguments, **more)

    async def _execute(self: Any, query: str, *arguments: Any, **more: Any) -> Any:
        recorder.begin(self, query)
        return await execute(self, query, *arguments, **more)

    patch.setattr(asyncpg.Connection, "_get_statement", _get_statement)
    patch.setattr(asyncpg.Connection, "execute", _execute)

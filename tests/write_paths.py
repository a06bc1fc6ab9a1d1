"""Which way a write goes: a statement that is a transaction by itself, or a transaction of several."""

from typing import Any
from uuid import UUID

import pytest

from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.telemetry.request_context import CURRENT
from creatorvault.ideas.statements.changes import DELETE, INSERT, UPDATE
from tests.factories import Creator, Idea

WRITES = ["POST", "PUT", "PATCH", "DELETE"]
STATEMENTS = {"POST": INSERT, "PUT": UPDATE, "PATCH": UPDATE, "DELETE": DELETE}


def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records the statements of writes from now on, and "transaction" for one of several statements."""
    ways: list[str] = []
    changed, writing = Statements.changed, Database.writing

    async def one_statement(self: Statements, statement: str, *arguments: object) -> Any:
        ways.append(statement)
        return await changed(self, statement, *arguments)

    def transaction(self: Database, tenant_id: UUID | None = None) -> Any:
        if CURRENT.get() is not None:  # of a request, and no work in the background
            ways.append("transaction")
        return writing(self, tenant_id)

    monkeypatch.setattr(Statements, "changed", one_statement)
    monkeypatch.setattr(Database, "writing", transaction)
    return ways


async def warmed_up(creator: Creator, ways: list[str]) -> Idea:
    """An idea in a vault that this process knows, so that the next write is one statement."""
    idea = await creator.idea("Before", notes="n")
    assert await creator.titles() == ["Before"]
    ways.clear()
    return idea

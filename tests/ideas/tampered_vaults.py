"""A vault with a history that is tampered with repeatedly, and three processes that serve its creator."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import httpx

from tests.application import House
from tests.factories import Creator, Idea
from tests.vault_rows import inserted_columns
from tests.ways import vault_of

TABLES: Final = {
    **dict.fromkeys(("ideas", "vaults", "idea_segments", "vault_checkpoints", "keys.vault_keys"), "$V"),
    **dict.fromkeys(("idea_tombstones", "idea_versions", "trashed_ideas", "history_prunings"), "$V"),
    **dict.fromkeys(("audit_events", "audit_heads"), "tenant_id = $1"),
}
"""Tables, with the condition that selects the vault's rows."""

ALL: Final[dict[str, Any]] = {"limit": 100}
SEARCH: Final[dict[str, Any]] = {"search": "title", "sort": "title", "order": "asc", "limit": 100}
DUE: Final[dict[str, Any]] = {"sort": "due_date", "created_from": "2026-01-01", "limit": 100}
PAGE: Final = 15

type Seen = tuple[int, object]
"""A status, and the content of the response; None if the request is refused."""


@dataclass
class TamperedVault:
    """`house` has the vault's key and revision in memory, `restarted` and `unsegmented` have neither."""

    house: House
    restarted: House
    unsegmented: House
    ada: Creator
    bob: Creator
    sql: asyncpg.Connection
    ideas: int
    """The number of ideas before tampering."""
    victim: Idea = field(default_factory=dict)
    _right: dict[str, Seen] = field(default_factory=dict)
    _columns: dict[str, str] = field(default_factory=dict)

    async def keep(self, *ids: str) -> None:
        """Saves a copy for the attacker: some current rows of the vault, all segments, and its checkpoint."""
        await self.sql.execute("SET session_replication_role = replica")
        kept = ", ".join(f"'{idea}'" for idea in ids)
        columns = await inserted_columns(self.sql, "ideas")
        await self.tamper(
            f"CREATE TEMPORARY TABLE kept_ideas AS SELECT {columns} FROM ideas WHERE $V AND id IN ({kept})",
            "CREATE TEMPORARY TABLE kept_segments AS SELECT * FROM idea_segments WHERE $V",
            "CREATE TEMPORARY TABLE kept_checkpoints AS SELECT * FROM vault_checkpoints WHERE $V",
        )

    async def save(self) -> None:
        """Saves the state that `reset` restores."""
        for table, of_vault in TABLES.items():
            columns = self._columns[table] = await inserted_columns(self.sql, table)
            await self.tamper(
                f"CREATE TEMPORARY TABLE {_saved(table)} AS SELECT {columns} FROM {table} WHERE {of_vault}"
            )

    async def reset(self, operation: str) -> None:
        """Restores the saved state. `house` has read it, and searched it if useful; the others have forgotten it."""
        await self.tamper(
            *(f"DELETE FROM {table} WHERE {of_vault}" for table, of_vault in TABLES.items()),
            *(f"INSERT INTO {table} ({self._columns[table]}) SELECT * FROM {_saved(table)}" for table in TABLES),
        )
        for house in (self.house, self.restarted, self.unsegmented):
            vault, state = vault_of(self.ada), house.parts
            state.keyring.forget(vault)
            state.search_cache.forget(vault)
            state.revisions.forget(vault)
        known = {"search": "title"} if operation.startswith("warm") else {"limit": 1}
        assert (await self.ada.list(known)).status_code == 200

    async def tamper(self, *statements: str) -> None:
        if statements:
            await self.sql.execute(self._named("; ".join(statements)))

    async def right_answer(self, operation: str) -> Seen:
        """Returns the response before tampering."""
        if operation not in self._right:
            await self.reset(operation)
            self._right[operation] = await self.ask(operation)
            assert self._right[operation][0] < 300
        return self._right[operation]

    async def ask(self, operation: str) -> Seen:
        seen = await ASKED[operation](self)
        for house in (self.house, self.restarted, self.unsegmented):
            await house.parts.segment_writer.finish()
            await house.parts.checkpoint_writer.finish()
        return seen

    async def stored(self) -> list[tuple[object, ...]]:
        """Returns all rows that a write would change."""
        vaults = await self.sql.fetch(self._named("SELECT revision, idea_count, sealed_bytes FROM vaults WHERE $V"))
        ideas = await self.sql.fetch(self._named("SELECT id, revision, title FROM ideas WHERE $V ORDER BY id"))
        return [tuple(row) for row in (*vaults, *ideas)]

    async def has_row(self, idea: Idea) -> bool:
        return bool(await self.sql.fetchval("SELECT EXISTS (SELECT FROM ideas WHERE id = $1)", idea["id"]))

    def at(self, house: House) -> Creator:
        return house.creator(self.ada.user_id)

    def _named(self, statement: str) -> str:
        """Replaces the parameters of `tampering_matrix` by values; $V is this vault."""
        statement = statement.replace("$V", "tenant_id = $1 AND user_id = $2").replace(
            "$3", f"'{self.victim.get('id')}'"
        )
        for place, creator in ((1, self.ada), (4, self.bob)):
            vault = vault_of(creator)
            statement = statement.replace(f"${place}", f"'{vault.tenant_id}'").replace(
                f"${place + 1}", f"'{vault.user_id}'"
            )
        return statement


def _saved(table: str) -> str:
    return f"saved_{table.replace('.', '_')}"


def _listed(answer: httpx.Response) -> Seen:
    found = answer.is_success and (answer.json()["total"], answer.json()["items"])
    return answer.status_code, found or None


def _idea(answer: httpx.Response, *but: str) -> Seen:
    """Returns the idea without the fields that differ for every write."""
    if not answer.is_success:
        return answer.status_code, None
    return answer.status_code, {name: value for name, value in answer.json().items() if name not in but}


async def _walk(vault: TamperedVault) -> Seen:
    items: list[Idea] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await vault.ada.list({"cursor": cursor, "limit": PAGE})
        if not answer.is_success:
            return answer.status_code, None
        items += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return 200, items


async def _cold_search(vault: TamperedVault) -> Seen:
    vault.house.parts.search_cache.forget(vault_of(vault.ada))
    return _listed(await vault.ada.list(SEARCH))


async def _counts(creator: Creator) -> Seen:
    statistics = await creator.get("stats")
    if not statistics.is_success:
        return statistics.status_code, None
    tags = await creator.request("GET", f"/api/v1/{creator.user_id}/tags")
    return tags.status_code, (statistics.json(), tags.json()) if tags.is_success else None


async def _search_after_a_change(vault: TamperedVault) -> Seen:
    answer = await vault.ada.patch(vault.victim, {"title": "Title that is new"})
    if not answer.is_success:
        return answer.status_code, None
    vault.house.parts.search_cache.forget(vault_of(vault.ada))
    answer = await vault.ada.list(SEARCH)
    found = answer.is_success and [(idea["id"], idea["title"]) for idea in answer.json()["items"]]
    return answer.status_code, found or None


async def _create(vault: TamperedVault) -> Seen:
    answer = await vault.ada.post({"title": "Title new", "notes": "New"})
    assert not answer.is_success or await vault.has_row(answer.json())
    return _idea(answer, "id", "created_at", "updated_at")


async def _delete(vault: TamperedVault) -> Seen:
    answer = await vault.ada.delete(vault.victim)
    return answer.status_code, (answer.is_success and not await vault.has_row(vault.victim)) or None


async def _answer[T](answer: Awaitable[httpx.Response], read: Callable[[httpx.Response], T]) -> T:
    return read(await answer)


ASKED: Final[dict[str, Callable[[TamperedVault], Awaitable[Seen]]]] = {
    "list": lambda vault: _answer(vault.ada.list(ALL), _listed),
    "first page": lambda vault: _answer(vault.ada.list({"limit": 5, "order": "asc"}), _listed),
    "last page": lambda vault: _answer(vault.ada.list({"limit": 10, "offset": vault.ideas - 5}), _listed),
    "filtered list": lambda vault: _answer(vault.ada.list({"stage": "idea", **ALL}), _listed),
    "cursor walk": _walk,
    "get": lambda vault: _answer(vault.ada.get(vault.victim), _idea),
    "warm search": lambda vault: _answer(vault.ada.list(SEARCH), _listed),
    "cold search": _cold_search,
    "restarted list": lambda vault: _answer(vault.at(vault.restarted).list(ALL), _listed),
    "restarted get": lambda vault: _answer(vault.at(vault.restarted).get(vault.victim), _idea),
    "restarted search": lambda vault: _answer(vault.at(vault.restarted).list(SEARCH), _listed),
    "search without segments": lambda vault: _answer(vault.at(vault.unsegmented).list(SEARCH), _listed),
    "change": lambda vault: _answer(
        vault.ada.patch(vault.victim, {"priority": "high"}), lambda answer: _idea(answer, "updated_at")
    ),
    "search after a change": _search_after_a_change,
    "create": _create,
    "delete": _delete,
    "by id": lambda vault: _answer(vault.ada.list({"ids": vault.victim["id"]}), _listed),
    "warm counts": lambda vault: _counts(vault.ada),
    "restarted counts": lambda vault: _counts(vault.at(vault.restarted)),
    "restarted due dates": lambda vault: _answer(vault.at(vault.restarted).list(DUE), _listed),
    "counts without segments": lambda vault: _counts(vault.at(vault.unsegmented)),
}
"""Requests by their names in the matrix."""

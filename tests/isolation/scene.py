"""One creator's vault among others that are equal except for their owner: ids, revisions, counts, keys.

A condition without the tenant or the creator then finds the rows of two, and rows of others are inserted first. A scene
has its own house, whose rows are restored after each act that writes.
"""

from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zlib import crc32

import asyncpg
import httpx
import pytest

from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.ideas import reader as vault_reader
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.factories import Creator, Idea
from tests.isolation.locks import Locks
from tests.vault_rows import QUEUED, REQUESTED, TAKEN_OVER, Rows, all_rows, tables
from tests.ways import forget, vault_of


def _tenant_id(name: str) -> TenantId:
    return TenantName(TenantKind.ORGANIZATION, "better-auth", name).id


# In every prefix of an index, another tenant comes before the own one.
_NAMES: Final = sorted((f"twins-{number}" for number in range(9)), key=_tenant_id)
ORGANIZATIONS: Final = {_tenant_id(name): name for name in (_NAMES[0], _NAMES[4], _NAMES[8])}
BEFORE, MINE, AFTER = ORGANIZATIONS
ME: Final = VaultId(MINE, UserId("user-5"))
NEIGHBOURS: Final = (VaultId(MINE, UserId("user-1")), VaultId(MINE, UserId("user-9")))
ELSEWHERE: Final = (VaultId(BEFORE, ME.user_id), VaultId(AFTER, ME.user_id))
FOREIGN: Final = (VaultId(BEFORE, UserId("user-1")), VaultId(AFTER, UserId("user-9")))

IDEAS: Final[Sequence[Mapping[str, Any]]] = [
    {"title": "Bread", "notes": "rye and salt", "stage": "draft", "priority": "high", "tags": ["food"]},
    {"title": "Apples", "notes": "salt", "stage": "idea", "priority": "high", "tags": ["food", "red"]},
    {"title": "Chairs", "stage": "draft", "priority": "low"},
    {"title": "Doors", "notes": "salt", "stage": "draft", "priority": "high", "tags": ["red"]},
    {"title": "Eggs", "stage": "published", "tags": ["food"], "due_date": "2026-03-01T12:00:00Z"},
]
CHANGED: Final = 4
"""The place of the idea with earlier versions."""

KEY: Final = {"Idempotency-Key": "sent-before"}
"""The key with which the first idea was sent again."""


EXPORT: Final = b"""\
{"type":"export","format":"creatorvault","version":1,"user_id":"user-5","exported_at":"2026-01-01T00:00:00Z"}
{"type":"settings","retention_days":90}
{"type":"idea","number":1,"title":"Moved in","notes":null,"stage":"idea","priority":"low","tags":[],"due_date":null,\
"id":"5e9b0c52-4a7e-4f6b-8d5a-90c1f3a7b201","user_id":"user-5","created_at":"2026-01-01T00:00:00Z",\
"updated_at":"2026-01-01T00:00:00Z"}
{"type":"end","ideas":1,"versions":0,"trashed":0}
"""
"""A file of one idea that was accepted, and waits."""


FOREIGN_KEYS: Final = """
    SELECT conrelid::regclass::text AS name, conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
"""


SEALED: Final = (
    ("ideas", "title"),
    ("idea_versions", "title"),
    ("trashed_ideas", "title"),
    ("history_prunings", "sealed"),
    ("idea_segments", "sealed"),
    ("vault_checkpoints", "sealed"),
    ("idempotency_answers", "answer"),
    ("imports", "sealed"),
    ("import_chunks", "sealed"),
    ("keys.vault_keys", "wrapped"),
)
"""Columns whose copies are made unreadable, as values that are sealed for another vault are."""


class Twins(StrEnum):
    ALIKE = "at the same revision, in tenants that are served"
    UNLIKE = "at another revision under another key, in tenants that are suspended"


class World(NamedTuple):
    """The owners of the other vaults, and how similar those are to the own one."""

    vaults: Sequence[VaultId]
    twins: Twins

    def column(self, table: str, name: str, vault: VaultId) -> str:
        """Returns the value of a column in another's copy of the own row, as SQL."""
        values = {
            (table, "tenant_id"): f"'{vault.tenant_id}'::uuid",
            (table, "user_id"): f"'{vault.user_id}'",
            ("tenants", "external_id"): f"'{ORGANIZATIONS[vault.tenant_id]}'",
        }
        unlike = self.twins is Twins.UNLIKE
        if vault != ME:
            distance = crc32(f"{vault.tenant_id} {vault.user_id}".encode())
            values |= {(table, "id"): f"id + {distance}" for table in ("jobs.queue", "jobs.queue_log")}
            values |= {("vaults", "idea_count"): "idea_count + 5", ("vaults", "sealed_bytes"): "sealed_bytes + 1000"}
            values |= {
                ("vaults", "trash_count"): "trash_count + 3",
                ("trashed_ideas", "deleted_at"): "deleted_at - interval '1 second'",
                ("idea_versions", "replaced_at"): "replaced_at - interval '1 second'",
            }
            values |= {place: f"set_byte({place[1]}, 20, get_byte({place[1]}, 20) # 1)" for place in SEALED}
        if vault != ME and unlike:
            counted = (("vaults", "revision"), ("vaults", "key_version"), ("keys.vault_keys", "version"))
            values |= {place: f"{place[1]} + 1" for place in counted}
        if vault.tenant_id != MINE and unlike:
            values |= {("tenants", "status"): "'suspended'"}
        return values.get((table, name), name)


@dataclass
class Scene:
    """`sql` is a superuser connection with triggers disabled."""

    house: House
    sql: asyncpg.Connection
    me: Creator
    columns: Mapping[str, Sequence[str]]
    ideas: Sequence[Idea]
    deleted: Idea
    undo: str
    cold: bool = False
    was_written_to: bool = False
    known: dict[object, Any] = field(default_factory=dict)
    """Earlier outcomes, for comparison."""
    import_id: str = ""
    """Of the file that waits."""
    undo_of_many: str = ""
    """The undo token of an act that has deleted many ideas."""

    _world: World | None = None
    _laid: Rows = field(default_factory=dict)

    @classmethod
    async def made(cls, house: House, sql: asyncpg.Connection) -> "Scene":
        """Creates a scene with ideas, segments, a stored result, and events, without other vaults."""
        await sql.execute("SET session_replication_role = replica")
        me = house.creator(ME.user_id, {"org_id": ORGANIZATIONS[MINE], "org_role": "owner"})
        assert vault_of(me) == ME
        ideas = [await me.idea(**body) for body in IDEAS]
        ideas.append((await me.post(IDEAS[0], headers=KEY)).json())
        for days in (0, None):  # what was before is pruned
            ideas[CHANGED] = await _changed(me, ideas[CHANGED])
            answer = await me.request("PATCH", f"/api/v1/{me.user_id}/settings", json={"retention_days": days})
            assert answer.status_code == 200, answer.text
        ideas[CHANGED] = await _changed(me, ideas[CHANGED])
        deleted, undo = {}, ""
        for title in ("Forks", "Glasses"):
            deleted = await _changed(me, await me.idea(title, notes="salt"))
            undo = (await me.delete(deleted)).headers["X-Undo"]
        imported = await me.request("POST", f"/api/v1/{me.user_id}/imports", content=EXPORT)
        await sql.execute("DELETE FROM jobs.queue; DELETE FROM jobs.queue_log")  # acts run the job themselves
        await sql.execute("SET session_replication_role = origin")  # triggers name the job's tenant
        await sql.execute(QUEUED, *ME)
        await sql.execute(TAKEN_OVER, *ME)
        await sql.execute("SET session_replication_role = replica")
        scene = cls(house, sql, me, await tables(sql), ideas, deleted, undo, import_id=imported.json()["id"])
        with small_segments():
            await scene.settled(await me.list({"search": "salt"}))
        await sql.execute(REQUESTED, *ME)
        await sql.execute("CREATE SCHEMA saved")
        for table in scene.columns:
            await sql.execute(f"CREATE TABLE {_saved(table)} AS SELECT * FROM {table} WHERE tenant_id = '{MINE}'")
        for key in await sql.fetch(FOREIGN_KEYS):  # otherwise no table could be emptied alone
            await sql.execute(f"ALTER TABLE {key['name']} DROP CONSTRAINT {key['conname']}")
        return scene

    async def lay(self, world: World) -> None:
        """Restores every row, and adds those of the world's vaults. The process forgets the vault."""
        if world == self._world and not self.was_written_to:
            return
        now = await all_rows(self.sql, self.columns)
        moved = [name for name in self.columns if world != self._world or now[name] != self._laid[name]]
        if moved:
            used = [await self.sql.fetch(f"SELECT DISTINCT tableoid::regclass::text FROM {name}") for name in moved]
            emptied = [f"TRUNCATE {row[0]}" for rows in used for row in rows]
            await self.sql.execute("; ".join((*emptied, *self._layings(world, moved))))
            self._world, self._laid = world, await all_rows(self.sql, self.columns)
        self.was_written_to = False
        forget(self.house, ME)

    def _layings(self, world: World, moved: Sequence[str]) -> Iterator[str]:
        owners = sorted({*world.vaults, ME})
        tenants = sorted({owner.tenant_id for owner in owners})
        for table in moved:
            columns = self.columns[table]
            of_table = owners if "user_id" in columns else [VaultId(tenant, ME.user_id) for tenant in tenants]
            for owner in of_table:
                values = ", ".join(world.column(table, name, owner) for name in columns)
                yield f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {_saved(table)}"

    @property
    def knows_the_vault(self) -> bool:
        """Whether the process has the key and a current search index."""
        state = self.house.parts
        revision = state.revisions.get(ME)
        return state.keyring.newest(ME) is not None and state.search_cache.revision_of(ME) == revision is not None

    @property
    def times_read(self) -> int:
        """The number of full reads of a vault by the process."""
        misses: int = self.house.parts.search_cache.statistics().misses
        return misses

    async def ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Sends a request as the creator."""
        if self.cold:
            forget(self.house, ME)
        return await self.settled(await self.me.request(method, url, **options))

    async def settled(self, answer: httpx.Response) -> httpx.Response:
        """Waits until all background writes are finished."""
        await self.house.parts.segment_writer.finish()
        await self.house.parts.checkpoint_writer.finish()
        return answer


async def _changed(me: Creator, idea: Idea) -> Idea:
    """Returns the idea after some changes, with the same content as before."""
    answer = await me.patch(idea, {"due_date": "2026-04-01T12:00:00Z"})
    for due_date in ("2026-05-01T12:00:00Z", idea["due_date"]):
        answer = await me.patch(idea, {"due_date": due_date})
    changed: Idea = answer.json()
    return changed


type SceneWith = Callable[[Locks], Awaitable[Scene]]


@contextmanager
def small_segments() -> Generator[None]:
    """Makes several segments of the few ideas of a scene."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault_reader, "FEWEST", 2)
        patch.setattr(vault_reader, "MOST", 2)
        yield


def _saved(table: str) -> str:
    return f"saved.{table.rpartition('.')[2]}"

"""All operations of a creator on a vault, in variants that execute different statements, and their outcomes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from itertools import product
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from creatorvault.core.parts import part_of, parts_of
from creatorvault.ideas.drafting import created
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse
from creatorvault.ideas.search import draft as search_drafts
from creatorvault.jobs.kinds import JobPlace
from creatorvault.sync.events.parts import LiveParts
from creatorvault.transfer.importing.job import IMPORTS, run_import
from tests.bulk import store
from tests.isolation.locks import Rewrite, rewritten
from tests.isolation.scene import EXPORT, IDEAS, KEY, ME, MINE, Scene, Twins, World, small_segments
from tests.vault_rows import rows_of_others
from tests.ways import Trail, Way, followed, forget

type Do = Callable[[Scene], Awaitable[Sequence[httpx.Response]]]
type Prepare = Callable[[Scene], Awaitable[object]]

BULK_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOBODYS: Final = "00000000-0000-4000-8000-000000000000"
BURIED: Final = "5e9b0c52-4a7e-4f6b-8d5a-90c1f3a7b201"
OWN: Final = f"tenant_id = '{ME.tenant_id}' AND user_id = '{ME.user_id}'"
OWNED: Final = ("", "/members", "/audit")
OWN_TENANT: Final = f"tenant_id = '{MINE}'"


@dataclass(frozen=True)
class Act:
    """`prepare` runs before the observation. `warm` is the expected way of a process that knows the vault, `cold` that
    of one that does not.

    An act that `depends` on the process's memory has another outcome in a new process. One that is `over_tenant`
    concerns the vaults of a whole tenant.
    """

    name: str
    do: Do
    warm: Way = Way.STATEMENT
    prepare: Prepare | None = None
    cold: Way = Way.TRANSACTION
    writes: bool = False
    over_tenant: bool = False
    depends: bool = False


class Outcome(NamedTuple):
    """The same for each run. `rows` are the creator's, by table; `touched` are changed rows of others.

    `read` is the number of full reads of the vault, if it depends on the memory of the process.
    """

    answers: Sequence[tuple[int, Any]]
    rows: Mapping[str, Sequence[str]]
    touched: Mapping[str, set[str]]
    read: int


async def outcome(scene: Scene, act: Act, *, cold: bool, rewrite: Rewrite | None = None) -> tuple[Outcome, Trail]:
    """Runs the act in the current world, with its statements rewritten."""
    with small_segments():
        scene.cold = False
        if act.prepare is not None or not (cold or scene.knows_the_vault):
            for url in (scene.me.url, scene.me.url, f"{scene.me.url}?search=salt"):
                await scene.ask("GET", url)
        if act.prepare is not None:
            await act.prepare(scene)
        scene.was_written_to |= act.writes or act.prepare is not None
        before = await rows_of_others(scene.sql, ME, scene.columns) if act.writes else {}
        scene.cold, misses = cold, scene.times_read
        with rewritten(rewrite) if rewrite else nullcontext(), followed() as trail:
            answers = await act.do(scene)
    after = await rows_of_others(scene.sql, ME, scene.columns) if act.writes else {}
    touched = {name: {*before[name]} ^ {*rows} for name, rows in after.items() if before[name] != rows}
    own = dict(await scene.sql.fetch(_OWN_ROWS)) if act.writes else {}
    read = scene.times_read - misses if act.depends else 0
    return Outcome([_seen(scene, act, answer) for answer in answers], own, touched, read), trail


async def alone_in_the_world(scene: Scene, act: Act, world: World, *, cold: bool = False) -> Outcome:
    """Runs the act without other vaults, except those of the same tenant if the act concerns a tenant."""
    company = tuple(vault for vault in world.vaults if act.over_tenant and vault.tenant_id == ME.tenant_id)
    world = world._replace(vaults=company) if company else World((), Twins.ALIKE)
    case = (act.name, world, cold and act.depends)
    if case not in scene.known:
        await scene.lay(world)
        scene.known[case], _ = await outcome(scene, act, cold=cold and act.depends)
    known: Outcome = scene.known[case]
    return known


def goes_as_designed(act: Act, trail: Trail, *, cold: bool) -> bool:
    return trail.way == (act.cold if cold else act.warm)


_OWN_ROWS: Final = " UNION ALL ".join(
    f"SELECT '{table}', ARRAY(SELECT ({columns})::text FROM {table} WHERE {own} ORDER BY 1)"
    for table, columns, own in (
        ("vaults", "revision, idea_count, trash_count, sealed_bytes, retention_days, key_version, segmented", OWN),
        ("ideas", "revision, stage, priority, due_date, number", OWN),
        ("idea_versions", "revision, stage, priority, due_date, number", OWN),
        ("trashed_ideas", "revision, stage, priority, due_date, number", OWN),
        ("idea_tombstones", "revision, first_revision", OWN),
        ("history_prunings", "user_id", OWN),
        ("idea_segments", "first_revision, last_revision, ideas", OWN),
        ("vault_checkpoints", "revision, ideas", OWN),
        ("keys.vault_keys", "version, first_revision", OWN),
        ("idempotency_answers", "user_id, expires_at > now()", OWN),
        ("audit_events", "sequence, verb", OWN_TENANT),
        ("audit_heads", "tenant_id, sequence", OWN_TENANT),
        ("tenants", "tenant_id, status", OWN_TENANT),
    )
)


def _seen(scene: Scene, act: Act, answer: httpx.Response) -> tuple[int, Any]:
    known = {idea["id"] for idea in scene.ideas}

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {name: plain(item) for name, item in value.items() if name != "correlation_id"}
        if "next_cursor" in kept:
            kept["next_cursor"] = kept["next_cursor"] is not None
        if act.writes:
            kept = {name: item for name, item in kept.items() if name not in {"created_at", "updated_at"}}
            kept |= {"id": "new"} if kept.get("id", NOBODYS) not in {*known, NOBODYS} else {}
        return kept

    return answer.status_code, plain(answer.json()) if answer.content else answer.headers.get("ETag")


def lists() -> Iterator[Act]:
    """Every order with every filter: all, from an offset, and page by page."""
    filters: tuple[dict[str, object], ...] = ({}, {"stage": "draft", "priority": "high"})
    orders = product(("created_at", "updated_at", "stage", "priority"), ("asc", "desc"))
    for (sort, order), chosen in product(orders, filters):
        asked = {"sort": sort, "order": order, **chosen}
        for pages in ({}, {"limit": 2, "offset": 1}):
            yield Act(f"list {asked | pages}", partial(_list, asked | pages))
        yield Act(f"walk {asked}", partial(_walk, asked | {"limit": 2}))
    more: tuple[dict[str, object], ...] = ({}, {"sort": "title", "order": "asc"}, {"search": "salt", "tags": "food"})
    for among in more:
        yield Act(f"list ids {among}", partial(_by_ids, among))


def questions_about_content() -> Iterator[Act]:
    for asked in (
        *({"search": "salt", "sort": sort} for sort in ("created_at", "updated_at", "title", "priority", "stage")),
        *({"sort": "title", "order": order} for order in ("asc", "desc")),
        {"tags": "food,red", "sort": "title", "order": "asc"},
        {"tags": "food", "search": "salt", "stage": "draft", "priority": "high"},
        {"sort": "due_date", "order": "asc"},
        {"due_from": "2026-01-01", "sort": "due_date"},
        {"has_due": "false", "created_to": "2100-01-01", "updated_from": "2026-01-01"},
    ):
        yield Act(f"list {asked}", partial(_list, asked))
        yield Act(f"walk {asked}", partial(_walk, asked | {"limit": 2}))
    yield Act("count ideas and tags", _counts)


async def _list(asked: Mapping[str, object], scene: Scene) -> Sequence[httpx.Response]:
    return [await scene.ask("GET", scene.me.url, params=asked)]


async def _by_ids(asked: Mapping[str, object], scene: Scene) -> Sequence[httpx.Response]:
    """All own ideas and the deleted one, which others have too."""
    ids = ",".join(idea["id"] for idea in (*scene.ideas, scene.deleted))
    pages = ({"limit": 2}, {"limit": 2, "offset": 1}, {"limit": 100, "fields": "tags"})
    return [await scene.ask("GET", scene.me.url, params={**asked, **page, "ids": ids}) for page in pages]


async def _counts(scene: Scene) -> Sequence[httpx.Response]:
    urls = f"{scene.me.url}/stats", f"/api/v1/{ME.user_id}/tags"
    return [await scene.ask("GET", url) for url in urls]


async def _walk(asked: Mapping[str, object], scene: Scene) -> Sequence[httpx.Response]:
    pages: list[httpx.Response] = []
    cursor: str | None = ""
    while cursor is not None and len(pages) < 10:
        pages.append(await scene.ask("GET", scene.me.url, params={**asked, "cursor": cursor}))
        cursor = pages[-1].json().get("next_cursor")
    return pages


def request(method: str, which: int | str | None = None, **options: Any) -> Do:
    """A request for an idea of the scene, an id, or the vault."""

    async def do(scene: Scene) -> Sequence[httpx.Response]:
        idea = scene.ideas[which] if isinstance(which, int) else which
        url = scene.me.url if idea is None else scene.me.url_of(idea)
        return [await scene.ask(method, url, **options)]

    return do


def one_after_the_other(*acts: Do) -> Do:
    async def do(scene: Scene) -> Sequence[httpx.Response]:
        return [answer for act in acts for answer in await act(scene)]

    return do


def own_tenant(path: str) -> Do:
    async def do(scene: Scene) -> Sequence[httpx.Response]:
        return [await scene.ask("GET", f"/api/v1/tenant{path}")]

    return do


def sql(*statements: str) -> Prepare:
    async def prepare(scene: Scene) -> None:
        for statement in statements:
            await scene.sql.execute(statement)

    return prepare


def then(*all_of_them: Prepare) -> Prepare:
    async def prepare(scene: Scene) -> None:
        for each in all_of_them:
            await each(scene)

    return prepare


def without_rows(*, of_tenant: bool) -> Prepare:
    """Deletes all rows, as if the creator, or the whole tenant, had never stored anything."""

    async def prepare(scene: Scene) -> None:
        for table, columns in scene.columns.items():
            if "user_id" in columns:
                await scene.sql.execute(f"DELETE FROM {table} WHERE {OWN}")
            elif of_tenant:
                await scene.sql.execute(f"DELETE FROM {table} WHERE {OWN_TENANT}")

    return prepare


def overtaken(do: Do, by: Prepare | None = None) -> Do:
    """Suspends the tenant after all reads, just before the single statement that changes something, or does `by`."""

    async def done(scene: Scene) -> Sequence[httpx.Response]:
        database = scene.house.parts.statements
        change, one_at_a_time = database.changed, asyncio.Lock()

        async def suspended_before(*arguments: Any) -> Any:
            async with one_at_a_time:  # segments and checkpoints are written at the same time
                await (by or SUSPENDED)(scene)
            return await change(*arguments)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "changed", suspended_before)
            return await do(scene)

    return done


async def store_in_bulk(scene: Scene) -> Sequence[httpx.Response]:
    """Ideas with the id of an own one, with that of another vault's, if there is one, and with a new one."""
    ids = await scene.sql.fetch(f"""
        (SELECT id FROM ideas WHERE {OWN} LIMIT 1) UNION ALL
        (SELECT id FROM ideas WHERE id NOT IN (SELECT id FROM ideas WHERE {OWN}) LIMIT 1)
    """)
    ideas = [
        IdeaResponse(title="In bulk", id=idea_id, user_id=ME.user_id, created_at=BULK_TIME, updated_at=BULK_TIME)
        for idea_id in [*(row["id"] for row in ids), UUID(BURIED), uuid4()][:3]
    ]
    if scene.cold:
        forget(scene.house, ME)
    await store(scene.house, scene.me, ideas)
    return []


async def export(scene: Scene) -> Sequence[httpx.Response]:
    """In JSON lines, without the time of the export."""
    if scene.cold:
        forget(scene.house, ME)
    answer = await scene.ask("GET", f"/api/v1/{ME.user_id}/export")
    if answer.status_code != HTTPStatus.OK:
        return [answer]
    lines = [json.loads(line) for line in answer.content.splitlines()]
    varying = ("exported_at", "replaced_at", "deleted_at", "updated_at")
    told = [{name: value for name, value in line.items() if name not in varying} for line in lines]
    return [httpx.Response(answer.status_code, json=told)]


async def export_member(scene: Scene) -> Sequence[httpx.Response]:
    answer = await scene.ask("GET", f"/api/v1/tenant/members/{ME.user_id}/export?format=csv")
    told = {"bytes": len(answer.content)} if answer.is_success else answer.json()
    return [httpx.Response(answer.status_code, json=told)]


async def open_stream(scene: Scene) -> Sequence[httpx.Response]:
    """Only its head: there is no end to wait for."""
    answer = await scene.ask("HEAD", f"/api/v1/{ME.user_id}/events")
    return [httpx.Response(answer.status_code, json={})]


async def look_at_watched_vaults(scene: Scene) -> Sequence[httpx.Response]:
    standings = part_of(scene.house.app, LiveParts).standings
    found = [*await standings.of([ME]), await standings.of_one(ME)]
    return [httpx.Response(HTTPStatus.OK, json=[list(standing) for standing in found])]


async def own_events(scene: Scene) -> Sequence[httpx.Response]:
    answer = await scene.ask("GET", "/api/v1/users/me/events")
    told = [event["verb"] for event in answer.json()["items"]], answer.json()["total"]
    return [httpx.Response(answer.status_code, json=told)]


async def erase_vault(scene: Scene) -> Sequence[httpx.Response]:
    """Both steps, and what comes after them in the background."""
    asked = await scene.ask("DELETE", "/api/v1/users/me")
    if asked.status_code != HTTPStatus.ACCEPTED:
        return [asked]
    headers = {"Erasure-Confirmation": asked.json()["confirmation"]}
    answer = await scene.ask("DELETE", "/api/v1/users/me", headers=headers)
    # Otherwise the process would go on forgetting the vault, which is restored afterwards.
    await scene.sql.execute("DELETE FROM erased_vaults")
    told = {name: answer.json().get(name) for name in ("state", "rows", "keys", "ideas")}
    return [httpx.Response(answer.status_code, json=told)]


def of_imports(method: str, *, of_one: bool = False, **options: Any) -> Do:
    """A request for the imports, or for the one of the scene. What it says of new ones differs each time."""

    async def do(scene: Scene) -> Sequence[httpx.Response]:
        url = f"/api/v1/{ME.user_id}/imports"
        answer = await scene.ask(method, f"{url}/{scene.import_id}" if of_one else url, **options)
        if method != "POST" or answer.status_code != HTTPStatus.ACCEPTED:
            return [answer]
        own = f"entrypoint = '{IMPORTS.name}'"
        await scene.sql.execute(f"DELETE FROM jobs.queue WHERE {own}; DELETE FROM jobs.queue_log WHERE {own}")
        told = {name: answer.json()[name] for name in ("state", "format", "total", "done", "losses")}
        return [httpx.Response(answer.status_code, json=told)]

    return do


async def import_it(scene: Scene) -> Sequence[httpx.Response]:
    """The job of the import, and what is stored then."""
    if scene.cold:
        forget(scene.house, ME)
    raised = ""
    try:
        await run_import(parts_of(scene.house.app), JobPlace(ME.tenant_id, ME.user_id, UUID(scene.import_id)))
    except Exception as error:  # noqa: BLE001  # as the worker does
        raised = type(error).__name__
    rows = await scene.sql.fetch(IMPORTED)
    return [httpx.Response(HTTPStatus.OK, json={"raised": raised, "imports": [list(row) for row in rows]})]


def rotating(do: Do) -> Do:
    async def rotated(scene: Scene) -> Sequence[httpx.Response]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scene.house.parts.keyring, "rotate_after", 1)
            return await do(scene)

    return rotated


def slimmed(do: Do) -> Do:
    """With an index in memory that contains no idea as a whole."""

    async def slim(scene: Scene) -> Sequence[httpx.Response]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(search_drafts, "EMPTY_BYTES", 2**40)
            return await do(scene)

    return slim


IMPORTED: Final = f"""
    SELECT state, done, stored, known, error, (SELECT count(*) FROM import_chunks WHERE {OWN}),
        (SELECT retention_days FROM vaults WHERE {OWN})
    FROM imports WHERE {OWN}
"""
# As many as one may have.
OTHERS_HAVE_IMPORTS: Final = sql(f"""
    INSERT INTO imports
        (tenant_id, user_id, id, state, format, file_bytes, chunks, total, created_at, touched_at, sealed)
    SELECT tenant_id, user_id, gen_random_uuid(),
        state, format, file_bytes, chunks, total, created_at, touched_at, sealed
    FROM imports, generate_series(1, 4) WHERE NOT ({OWN})
""")
OTHERS_HAVE_CHOSEN: Final = sql(f"UPDATE vaults SET retention_days = 5 WHERE NOT ({OWN})")
OTHERS_IMPORT: Final = sql(
    f"UPDATE imports SET state = 'running' WHERE NOT ({OWN})",
    f"UPDATE vaults SET retention_days = NULL WHERE NOT ({OWN})",
)
OTHERS_HAVE_DELETED_IT: Final = sql(f"""
    INSERT INTO trashed_ideas
        (tenant_id, user_id, id, title, notes, tags, stage, priority, created_at, updated_at, stamp, number, previous,
        revision, deleted_at, deletion)
    SELECT DISTINCT ON (tenant_id, user_id) tenant_id, user_id, '{BURIED}'::uuid,
        title, notes, tags, stage, priority, created_at, updated_at, stamp, number, previous, revision, now(), title
    FROM ideas WHERE NOT ({OWN})
""")
OTHERS_HAVE_ITS_TOMBSTONE: Final = sql(f"""
    INSERT INTO idea_tombstones SELECT tenant_id, user_id, '{BURIED}', 1, 1, now() FROM vaults WHERE NOT ({OWN})
""")
CREATE: Final = request("POST", json=IDEAS[1])
IN_DOUBT: Final = {"title": "In doubt"}
CREATE_ONCE: Final = request("POST", json=IDEAS[1], headers={"Idempotency-Key": "another"})
CHANGE: Final = request("PATCH", 1, json={"stage": "published"})
REPLACE: Final = request("PUT", 2, json={"title": "Replaced", "notes": "salt", "stage": "outline"})
DELETE: Final = request("DELETE", 3)
GET: Final = request("GET", 0)
SEARCH: Final = request("GET", params={"search": "salt", "sort": "title"})

NEW_CREATOR: Final = without_rows(of_tenant=False)
NEW_TENANT: Final = without_rows(of_tenant=True)
NO_SEGMENTS: Final = sql(f"DELETE FROM idea_segments WHERE {OWN}", "UPDATE vaults SET segmented = false")
OLD_SEGMENTS: Final = sql(f"UPDATE idea_segments SET folding = 'another' WHERE {OWN}")
NO_CHECKPOINT: Final = sql(f"DELETE FROM vault_checkpoints WHERE {OWN}")
EXPIRED_ANSWERS: Final = sql("UPDATE idempotency_answers SET expires_at = now() - interval '1 day'")
SUSPENDED: Final = sql(f"UPDATE tenants SET status = 'suspended' WHERE {OWN_TENANT}")
KEY_GONE: Final = sql(f"DELETE FROM keys.vault_keys WHERE {OWN}")
KEY_ALSO_WITH_OTHERS: Final = sql(
    f"""
    INSERT INTO keys.vault_keys (tenant_id, user_id, version, root_key_id, wrapped, first_revision, created_at)
    SELECT others.*, version, root_key_id, wrapped, first_revision, created_at
    FROM (SELECT tenant_id, user_id FROM vaults WHERE NOT ({OWN})) AS others,
         (SELECT version, root_key_id, wrapped, first_revision, created_at FROM keys.vault_keys WHERE {OWN}) AS mine
    ON CONFLICT (tenant_id, user_id, version) DO UPDATE
    SET root_key_id = excluded.root_key_id, wrapped = excluded.wrapped, first_revision = excluded.first_revision
    """,
)
KEY_WITH_OTHERS: Final = then(KEY_ALSO_WITH_OTHERS, KEY_GONE)
OWNERS_MAY_EXPORT: Final = sql(f"UPDATE tenants SET owner_export = true WHERE {OWN_TENANT}")
NO_VAULT: Final = sql(f"DELETE FROM vaults WHERE {OWN}")
OTHERS_VERSIONS_ARE_OLD: Final = sql(
    f"UPDATE idea_versions SET replaced_at = replaced_at - interval '400 days' WHERE NOT ({OWN})"
)
FULL: Final = sql(f"UPDATE tenants SET vault_idea_quota = {len(IDEAS) + 1} WHERE {OWN_TENANT}")
FULL_TENANT: Final = sql(
    f"UPDATE tenants SET idea_quota = (SELECT sum(idea_count) FROM vaults WHERE {OWN_TENANT}) WHERE {OWN_TENANT}"
)
NEARLY_FULL_TENANT: Final = sql(
    f"UPDATE tenants SET idea_quota = (SELECT sum(idea_count) + 1 FROM vaults WHERE {OWN_TENANT}) WHERE {OWN_TENANT}"
)


async def changed(scene: Scene) -> None:
    await CHANGE(scene)


async def deleted(scene: Scene) -> None:
    await DELETE(scene)


async def unseen(scene: Scene) -> None:
    """Forgets the revision, since the vault would otherwise seem to be set back."""
    scene.house.parts.revisions.forget(ME)


async def forgotten(scene: Scene) -> None:
    forget(scene.house, ME)


async def in_doubt(scene: Scene) -> None:
    """The commit of an idea that was deleted meanwhile."""
    given = IdeaCreate(**IN_DOUBT)
    scene.house.parts.in_doubt.remember(ME, given, created(given, ME.user_id, UUID(scene.deleted["id"]), BULK_TIME))


WRITTEN: Final = partial(Act, writes=True)
OTHER_ACTS: Final[Sequence[Act]] = (
    Act("read", request("GET", 0)),
    Act("read the last", request("GET", -1)),
    Act("read what is not there", request("GET", NOBODYS), Way.BOTH),
    Act("ask for news of an idea", request("GET", 0, headers={"If-None-Match": "*"})),
    Act("ask for news of a list", request("GET", headers={"If-None-Match": "*"})),
    WRITTEN("create", CREATE),
    WRITTEN("create what is in doubt", request("POST", json=IN_DOUBT), Way.BOTH, in_doubt),
    WRITTEN("change", CHANGE),
    WRITTEN("change without segments", CHANGE, prepare=NO_SEGMENTS),
    WRITTEN("change nothing", request("PATCH", 1, json={"title": "Apples"})),
    WRITTEN("replace", REPLACE),
    WRITTEN("delete", DELETE),
    WRITTEN("delete without segments", DELETE, prepare=NO_SEGMENTS),
    *(
        WRITTEN(f"{method} what is not there", request(method, NOBODYS, json={"title": "None"}), Way.BOTH)
        for method in ("PUT", "PATCH", "DELETE")
    ),
    WRITTEN("store in bulk", store_in_bulk, Way.TRANSACTION, OTHERS_HAVE_ITS_TOMBSTONE),
    WRITTEN("create once", CREATE_ONCE, Way.TRANSACTION),
    WRITTEN("create once when others' answers have expired", CREATE_ONCE, Way.TRANSACTION, EXPIRED_ANSWERS),
    WRITTEN("create what was created before", request("POST", json=IDEAS[0], headers=KEY), Way.TRANSACTION),
    WRITTEN("create under the next key", rotating(CREATE), Way.BOTH),
    WRITTEN("create the first idea", CREATE, Way.BOTH, then(NEW_CREATOR, unseen)),
    WRITTEN("create the first idea of a tenant", CREATE, Way.BOTH, then(NEW_TENANT, unseen)),
    *(
        WRITTEN(f"{name} while suspended", do, Way.BOTH, SUSPENDED)
        for name, do in (("create", CREATE), ("change", CHANGE), ("delete", DELETE), ("search", SEARCH))
    ),
    *(
        WRITTEN(f"{name} while being suspended", overtaken(do), Way.BOTH, depends=True)
        for name, do in (("create", CREATE), ("change", CHANGE), ("replace", REPLACE), ("delete", DELETE))
    ),
    Act("search a slim index", slimmed(one_after_the_other(SEARCH, SEARCH)), Way.BOTH, forgotten),
    WRITTEN("write segments while being shut", overtaken(SEARCH), Way.TRANSACTION, then(NO_SEGMENTS, forgotten)),
    WRITTEN("create when the key is gone", CREATE, Way.BOTH, KEY_GONE),
    *(
        WRITTEN(f"{name} when the key is gone to others", one_after_the_other(do, GET), Way.BOTH, KEY_WITH_OTHERS)
        for name, do in (("create", CREATE), ("change", CHANGE), ("delete", DELETE))
    ),
    WRITTEN("create in a full vault", CREATE, Way.BOTH, FULL),
    WRITTEN("create in a full tenant", CREATE, Way.BOTH, FULL_TENANT, over_tenant=True),
    WRITTEN("create in a tenant that has room for one", CREATE, Way.BOTH, NEARLY_FULL_TENANT, over_tenant=True),
    WRITTEN("search what has no segments", SEARCH, Way.TRANSACTION, then(NO_SEGMENTS, forgotten)),
    WRITTEN("search what has no checkpoint", SEARCH, Way.TRANSACTION, then(NO_CHECKPOINT, forgotten)),
    WRITTEN("write a checkpoint while being shut", overtaken(SEARCH), Way.TRANSACTION, then(NO_CHECKPOINT, forgotten)),
    WRITTEN(
        "write a checkpoint when the key has just gone",
        overtaken(SEARCH, KEY_GONE),
        Way.TRANSACTION,
        then(NO_CHECKPOINT, KEY_ALSO_WITH_OTHERS, forgotten),
    ),
    WRITTEN("search what has segments of another rule", SEARCH, Way.TRANSACTION, then(OLD_SEGMENTS, forgotten)),
    WRITTEN("search what has segments with a gap", SEARCH, Way.TRANSACTION, then(changed, forgotten)),
    WRITTEN("search after a change", SEARCH, Way.BOTH, changed, depends=True),
    WRITTEN("search after a deletion", SEARCH, Way.BOTH, deleted, depends=True),
    Act("list imports", of_imports("GET"), Way.TRANSACTION),
    Act("read an import", of_imports("GET", of_one=True), Way.TRANSACTION),
    Act("preview an import", of_imports("POST", content=EXPORT, params={"preview": "true"}), Way.TRANSACTION),
    WRITTEN("move in", of_imports("POST", content=EXPORT), Way.TRANSACTION, OTHERS_HAVE_IMPORTS),
    WRITTEN("cancel an import", of_imports("DELETE", of_one=True), Way.TRANSACTION),
    WRITTEN("import a file", import_it, Way.TRANSACTION, then(OTHERS_IMPORT, OTHERS_HAVE_DELETED_IT)),
    WRITTEN(
        "import a file when others have a tombstone",
        import_it,
        Way.TRANSACTION,
        then(OTHERS_IMPORT, OTHERS_HAVE_ITS_TOMBSTONE),
    ),
    WRITTEN("import a file when others have chosen", import_it, Way.TRANSACTION, OTHERS_HAVE_CHOSEN),
    WRITTEN("export what has a history", export, Way.TRANSACTION, then(changed, deleted)),
    WRITTEN("export while versions of others are old", export, Way.TRANSACTION, OTHERS_VERSIONS_ARE_OLD),
    WRITTEN("export as an owner", export_member, Way.TRANSACTION, OWNERS_MAY_EXPORT),
    WRITTEN("export nobody as an owner", export_member, Way.TRANSACTION, then(OWNERS_MAY_EXPORT, NO_VAULT)),
    Act("read events about oneself", own_events, Way.TRANSACTION),
    Act("open a stream", open_stream, cold=Way.STATEMENT),
    WRITTEN("open a stream while suspended", open_stream, prepare=SUSPENDED, cold=Way.STATEMENT),
    Act("look at watched vaults", look_at_watched_vaults, cold=Way.STATEMENT),
    WRITTEN("look at watched vaults when closed", look_at_watched_vaults, prepare=SUSPENDED, cold=Way.STATEMENT),
    WRITTEN("erase the vault", erase_vault, Way.TRANSACTION),
    *(Act(f"look after a tenant{path}", own_tenant(path), Way.TRANSACTION, over_tenant=True) for path in OWNED),
)

"""Every list but that of ideas by cursor: nothing twice, nothing missed, and no other list's cursor."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, product
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.admin import repositories
from creatorvault.admin.totals import add_up
from creatorvault.core.http.paging import CURSOR_LENGTH
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House
from tests.factories import Creator, Idea
from tests.logs import Logs
from tests.parts import OpenParts
from tests.vault_rows import QUEUED

REFUSAL: Final = {
    "type": "cursor_invalid",
    "loc": ["query", "cursor"],
    "msg": "The cursor does not belong to this list: start again with an empty cursor",
}
ROWS: Final = 4
"""In each list at first. Five imports may wait for their jobs."""

type Add = Callable[[], Awaitable[object]]
type Page = dict[str, Any]


@dataclass(frozen=True)
class Listed:
    """A list with ROWS rows, which `add` adds one to."""

    ask: Callable[[Mapping[str, object]], Awaitable[httpx.Response]]
    add: Add
    identity: tuple[str, ...]

    def key(self, item: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(item[name] for name in self.identity)

    async def page(self, cursor: str, limit: int) -> Page:
        answer = await self.ask({"cursor": cursor, "limit": limit})
        assert answer.status_code == 200, answer.text
        page: Page = answer.json()
        assert (page["limit"], page["offset"]) == (limit, 0)
        assert page["has_more"] == (page["next_cursor"] is not None)
        assert len(page["items"]) == limit or not page["has_more"]
        return page

    async def walk(self, cursor: str = "") -> AsyncGenerator[Page]:
        for limit in cycle((1, 2, 1)):
            page = await self.page(cursor, limit)
            yield page
            if page["next_cursor"] is None:
                return
            cursor = page["next_cursor"]

    async def keys(self, cursor: str = "") -> list[tuple[Any, ...]]:
        return [self.key(item) async for page in self.walk(cursor) for item in page["items"]]


type Lists = Mapping[str, Listed]


@dataclass(frozen=True)
class Scene:
    """An organization, its owner `ada` with her vault, and what adds a row to a list."""

    house: House
    olga: AdminClient
    sql: asyncpg.Connection
    ada: Creator
    idea: Idea
    realm: str

    async def join(self) -> None:
        await self.house.creator(claims={**self.ada.claims, "org_role": "member"}).idea()

    async def record(self) -> None:
        parts = OpenParts(self.house.app)
        async with parts.operators_database.writing() as session:
            recorder = parts.audit.recorder("service")
            await recorder.record(session, tenant_of(self.ada), "test.happened", user_id=self.ada.user_id)

    async def found_tenant(self) -> None:
        await self.olga.post("/tenants", {"kind": "personal", "realm": self.realm, "external_id": str(uuid4())})

    async def appoint(self) -> None:
        await self.olga.post("/operators", {"name": f"{self.realm} {uuid4()}", "scopes": ["read"]})

    async def queue(self) -> None:
        await self.sql.execute(QUEUED, tenant_of(self.ada), self.ada.user_id)

    async def throw_away(self) -> None:
        await self.ada.delete(await self.ada.idea())

    async def change(self) -> None:
        await self.ada.patch(self.idea, {"title": str(uuid4())})

    async def move_in(self) -> None:
        file = f"title,stage\n{uuid4()},idea\n".encode()
        answer = await self.ada.request("POST", f"/api/v1/{self.ada.user_id}/imports", content=file)
        assert answer.status_code == 202, answer.text

    def of_ada(self, path: str, add: Add, *identity: str) -> Listed:
        return Listed(lambda asked: self.ada.request("GET", path, params=dict(asked)), add, identity)

    def of_olga(self, path: str, filters: Mapping[str, object], add: Add, *identity: str) -> Listed:
        return Listed(lambda asked: self.olga.request("GET", path, params={**asked, **filters}), add, identity)

    def lists(self) -> Lists:
        own, of_tenant = f"/api/v1/{self.ada.user_id}", {"tenant_id": tenant_of(self.ada)}
        event = ("tenant_id", "sequence")
        return {
            "members": self.of_ada("/api/v1/tenant/members", self.join, "user_id"),
            "own audit": self.of_ada("/api/v1/tenant/audit", self.record, *event),
            "events about": self.of_ada("/api/v1/users/me/events", self.record, *event),
            "trash": self.of_ada(f"{own}/trash", self.throw_away, "id"),
            "versions": self.of_ada(f"{own}/ideas/{self.idea['id']}/versions", self.change, "id", "number"),
            "imports": self.of_ada(f"{own}/imports", self.move_in, "id"),
            "vaults": self.of_olga("/vaults", of_tenant, self.join, "tenant_id", "user_id"),
            "audit": self.of_olga("/audit", of_tenant, self.record, *event),
            "jobs": self.of_olga("/jobs", of_tenant, self.queue, "job_id"),
            "operators": self.of_olga("/operators", {"q": self.realm}, self.appoint, "operator_id"),
            **{
                f"tenants by {sort} {order}": self.of_olga(
                    "/tenants",
                    {"realm": self.realm, "sort": sort, "order": order},
                    self.found_tenant,
                    "tenant_id",
                )
                for sort, order in product(("created_at", "ideas", "sealed_bytes", "last_activity"), ("asc", "desc"))
            },
        }


type MakeScene = Callable[[], Awaitable[Scene]]


@pytest.fixture
async def scene(house: House, database: asyncpg.Connection) -> MakeScene:
    """Makes scenes, each with ROWS rows or a few more in each list."""
    olga = await appointed(database, house.client, *EVERY_SCOPE)

    async def make() -> Scene:
        ada = house.creator(claims={"org_id": f"org-{uuid4()}", "org_role": "owner"})
        made = Scene(house, olga, database, ada, await ada.idea("Idea"), f"realm-{uuid4()}")
        adds = (made.join, made.record, made.queue, made.throw_away, made.change, made.move_in, made.found_tenant)
        for add, _ in product((*adds, made.appoint), range(ROWS)):
            await add()
        return made

    return make


@pytest.fixture
async def lists(scene: MakeScene) -> Lists:
    return (await scene()).lists()


@pytest.fixture
async def olga(database: asyncpg.Connection, client: httpx.AsyncClient) -> AdminClient:
    return await appointed(database, client, *EVERY_SCOPE)


async def test_pages_by_cursor_are_the_list(lists: Lists) -> None:
    for name, listed in lists.items():
        whole = (await listed.ask({"limit": 100})).json()
        assert len(whole["items"]) >= ROWS, name

        pages = [page async for page in listed.walk()]

        assert [item for page in pages for item in page["items"]] == whole["items"], name
        assert {page["total"] for page in pages} == {len(whole["items"])}, name
        assert len({listed.key(item) for item in whole["items"]}) == whole["total"], name


async def test_pages_by_offset_tell_whether_others_follow(lists: Lists) -> None:
    for name, listed in lists.items():
        total = (await listed.ask({"limit": 100})).json()["total"]
        for offset in (0, total - 2, total - 1, total, total + 3):
            page = (await listed.ask({"limit": 1, "offset": offset})).json()
            assert page["has_more"] == (offset + 1 < total), name
            assert (page["total"], len(page["items"])) == (total, int(offset < total)), name
            assert "next_cursor" not in page, name


async def test_rows_that_are_added_meanwhile_move_no_others(lists: Lists) -> None:
    for name, listed in lists.items():
        before = [listed.key(item) for item in (await listed.ask({"limit": 100})).json()["items"]]

        first = await listed.page("", 2)
        await listed.add()
        rest = await listed.keys(first["next_cursor"])

        seen = [*(listed.key(item) for item in first["items"]), *rest]
        assert [key for key in seen if key in before] == before, name
        if name in ("tenants by created_at asc", "tenants by last_activity asc"):
            assert len(seen) == len(before) + 1, name
        elif not name.startswith(("tenants by ideas", "tenants by sealed_bytes")):  # new ones have a place by their id
            assert seen == before, name


async def repeated(add: Add) -> None:
    for _ in range(3):
        await add()


async def test_a_list_is_read_while_others_write(lists: Lists) -> None:
    for name, listed in lists.items():
        if name == "imports":
            continue  # a vault has few at once
        before = {listed.key(item) for item in (await listed.ask({"limit": 100})).json()["items"]}

        keys, _ = await asyncio.gather(listed.keys(), repeated(listed.add))

        assert len(keys) == len(set(keys)), name
        assert before <= set(keys), name


async def test_tenants_have_places_by_their_sizes(
    fresh_house: House, fresh_sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    oskar = await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)
    for number, count in enumerate((1, 3, 2, 1, 2, 1, 1)):
        creator = fresh_house.creator()
        for _ in range(count):
            await creator.idea()
        if number % 2:  # already in the totals
            await fresh_sql.execute(
                "UPDATE vaults SET changed_at = changed_at - interval '5 hours' WHERE user_id = $1", creator.user_id
            )
    await add_up(OpenParts(fresh_house.app).operators_database, datetime.now(UTC))
    filters: tuple[dict[str, object], ...] = ({}, {"kind": "personal"}, {"status": "active", "kind": "personal"})
    sorts = product(("ideas", "sealed_bytes", "last_activity"), ("asc", "desc"), filters, (5_000, 0))
    for sort, order, given, few in sorts:
        monkeypatch.setattr(repositories, "FEW", few)
        asked = {"sort": sort, "order": order, "limit": 3, **given}
        page = await oskar.get("/tenants", **asked, cursor="")
        by_cursor = page["items"]
        while page["next_cursor"] is not None:
            page = await oskar.get("/tenants", **asked, cursor=page["next_cursor"])
            by_cursor += page["items"]
        by_offset = [
            tenant
            for offset in range(0, page["total"], 3)
            for tenant in (await oskar.get("/tenants", **asked, offset=offset))["items"]
        ]

        assert by_cursor == by_offset, asked
        assert len(by_cursor) == page["total"] >= 7, asked


async def test_vaults_of_one_hour_have_places_by_their_time(
    lists: Lists, olga: AdminClient, database: asyncpg.Connection
) -> None:
    vaults = lists["vaults"]
    tenant = (await vaults.page("", 1))["items"][0]["tenant_id"]
    await database.execute(
        "UPDATE vaults SET changed_at = date_trunc('hour', changed_at) + ascii(right(user_id, 1)) % 2 * interval '1 h' "
        "WHERE tenant_id = $1",
        tenant,
    )

    assert await vaults.keys() == [
        vaults.key(item) for item in (await olga.get("/vaults", tenant_id=tenant, limit=100))["items"]
    ]


async def test_a_wrong_cursor_is_refused(lists: Lists, logs: Logs) -> None:
    for name, listed in lists.items():
        cursor = (await listed.page("", 1))["next_cursor"]
        for wrong in (
            *("x", "null", "=", "💥", "AQEAAAAB", "AQEAAAAB" + "A" * 80, "A" * (CURSOR_LENGTH + 1)),
            *(cursor[:-1], cursor + "A", cursor[1:], cursor[:-9] + ("A" if cursor[-9] != "A" else "B") + cursor[-8:]),
        ):
            answer = await listed.ask({"cursor": wrong})
            assert (answer.status_code, answer.json()["detail"]) == (422, [REFUSAL]), (name, wrong)
    assert logs.named("alarm") == []


async def test_an_offset_beside_a_cursor_is_refused(lists: Lists) -> None:
    for name, listed in lists.items():
        for cursor in ("", "anything"):
            answer = await listed.ask({"cursor": cursor, "offset": 1})
            [error] = answer.json()["detail"]
            assert (answer.status_code, error["type"]) == (422, "offset_beside_cursor"), name
            assert error["loc"] == ["query", "offset"], name
        assert (await listed.ask({"cursor": "", "offset": 0})).status_code == 200, name


async def test_a_cursor_of_another_list_is_refused(lists: Lists, logs: Logs) -> None:
    cursors = {name: (await listed.page("", 1))["next_cursor"] for name, listed in lists.items()}

    for (name, listed), (other, cursor) in product(lists.items(), cursors.items()):
        answer = await listed.ask({"cursor": cursor})
        if name == other:
            assert answer.status_code == 200
        else:
            assert (answer.status_code, answer.json()["detail"]) == (422, [REFUSAL]), (name, other)
    assert logs.named("alarm") == []


@pytest.mark.parametrize(
    ("path", "given", "used"),
    [
        ("/tenants", {}, {"kind": "personal"}),
        ("/tenants", {"sort": "ideas"}, {"sort": "sealed_bytes"}),
        ("/tenants", {"sort": "ideas"}, {"sort": "ideas", "order": "asc"}),
        ("/tenants", {"kind": "personal"}, {"realm": "personal"}),
        ("/vaults", {}, {"key_version": 1}),
        ("/audit", {}, {"verb": "key.created"}),
        ("/audit", {"verb": "key.created"}, {"actor": "key.created"}),
        ("/audit", {"since": "2020-01-01T00:00:00Z"}, {"since": "2020-01-02T00:00:00Z"}),
        ("/jobs", {}, {"state": "waiting"}),
        ("/operators", {}, {"state": "valid"}),
        ("/operators", {"q": "realm"}, {"q": "real"}),
        ("/tenants", {}, {"q": "x"}),
        ("/vaults", {}, {"q": "x"}),
    ],
)
async def test_a_cursor_of_other_filters_is_refused(
    lists: Lists, olga: AdminClient, path: str, given: dict[str, object], used: dict[str, object]
) -> None:
    cursor = (await olga.get(path, **given, limit=1, cursor=""))["next_cursor"]

    answer = await olga.request("GET", path, params=used | {"cursor": cursor})

    assert (answer.status_code, answer.json()["detail"]) == (422, [REFUSAL])
    assert (await olga.request("GET", path, params=given | {"cursor": cursor, "limit": 2})).status_code == 200


async def test_a_cursor_of_another_tenant_or_vault_is_refused(scene: MakeScene, logs: Logs) -> None:
    one, other = (await scene()).lists(), (await scene()).lists()
    for name, listed in one.items():
        cursor = (await listed.page("", 1))["next_cursor"]

        answer = await other[name].ask({"cursor": cursor})

        assert (answer.status_code, answer.json()["detail"]) == (422, [REFUSAL]), name
    assert logs.named("alarm") == []


@pytest.mark.parametrize("path", ["trash", "imports"])
async def test_a_creator_without_a_vault_has_one_page(lists: Lists, ada: Creator, path: str) -> None:
    cursor = (await lists[path].page("", 1))["next_cursor"]
    url = f"/api/v1/{ada.user_id}/{path}"

    page = (await ada.request("GET", url, params={"cursor": ""})).json()
    refused = await ada.request("GET", url, params={"cursor": cursor})

    assert (page["items"], page["total"], page["has_more"], page["next_cursor"]) == ([], 0, False, None)
    assert (refused.status_code, refused.json()["detail"]) == (422, [REFUSAL])


async def test_a_cursor_of_another_idea_is_refused(ada: Creator) -> None:
    ideas = [await ada.idea(), await ada.idea()]
    for idea, number in product(ideas, range(3)):
        await ada.patch(idea, {"title": f"Title {number}"})
    one, other = (f"{ada.url_of(idea)}/versions" for idea in ideas)
    cursor = (await ada.request("GET", one, params={"limit": 1, "cursor": ""})).json()["next_cursor"]

    answer = await ada.request("GET", other, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["detail"]) == (422, [REFUSAL])


async def test_a_cursor_reveals_nothing(lists: Lists, logs: Logs) -> None:
    for name, listed in lists.items():
        page = await listed.page("", 1)
        again = (await listed.page("", 1))["next_cursor"]
        cursor = page["next_cursor"]
        opened = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("latin-1")

        assert cursor != again, name  # not even whether two are the same position
        assert len(cursor) < 300, name
        for value in page["items"][0].values():
            if isinstance(value, str) and len(value) > 5:
                assert value not in cursor, name
                assert value not in opened, name
        assert cursor not in json.dumps(logs.events), name


async def test_the_cursor_of_the_longest_user_id_is_accepted(house: House) -> None:
    claims = {"org_id": f"org-{uuid4()}", "org_role": "owner"}
    for _ in range(3):
        owner = house.creator(str(uuid4()).ljust(255, "\x01"), claims)
        stored = await owner.request("POST", f"/api/v1/{quote(owner.user_id)}/ideas", json={"title": "Idea"})
        assert stored.status_code == 201
    members = "/api/v1/tenant/members"
    cursor = (await owner.request("GET", members, params={"limit": 1, "cursor": ""})).json()["next_cursor"]

    rest = await owner.request("GET", members, params={"cursor": cursor})

    assert 1500 < len(cursor) <= CURSOR_LENGTH
    assert len(rest.json()["items"]) == 2

"""Each admin operation with each scope, and with credentials that are not operator keys."""

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from creatorvault.admin.operator_keys import new_key
from creatorvault.admin.scopes import Scope
from tests.admin.operators import ADMIN, EVERY_SCOPE, OPERATIONS, AdminClient, Appoint, appointed
from tests.application import House
from tests.factories import SECRET, Creator
from tests.postgres import Database

type HouseWith = Callable[..., Awaitable[House]]

TRUSTING = json.dumps([{"name": "accounts", "kind": "shared-secret", "secret": SECRET, "admin_roles": ["admin"]}])
ID = "00000000-0000-4000-8000-000000000000"
UNDER_RESERVED_ID = ("/ideas", "/ideas/{idea_id:str}", "/export")
"""Paths of a creator whose id is `admin`."""

EVERY = [(method, path, scope) for (method, path), scope in OPERATIONS.items()]


def operations(app: Litestar) -> Iterator[tuple[str, str, Scope | None]]:
    for route in app.routes:
        if (
            isinstance(route, HTTPRoute)
            and route.path.startswith(ADMIN + "/")
            and route.path.removeprefix(ADMIN) not in UNDER_RESERVED_ID
        ):
            for handler in route.route_handlers:
                if not handler.resolve_include_in_schema():
                    continue  # of a creator whose id is `admin`
                for method in handler.http_methods - {"OPTIONS"}:
                    yield method, route.path.removeprefix(ADMIN), handler.opt.get("operator")


def test_every_admin_operation_names_its_scope_and_is_listed_here(app: Litestar) -> None:
    assert {(method, path): scope for method, path, scope in operations(app)} == OPERATIONS


def test_no_other_operation_requires_a_scope(app: Litestar) -> None:
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(ADMIN + "/"):
            assert not any("operator" in handler.opt for handler in route.route_handlers), route.path


@pytest.fixture(scope="session")
async def with_scope(worker_database: Database, client: httpx.AsyncClient) -> dict[str, AdminClient]:
    sql = await asyncpg.connect(worker_database.superuser_url)
    try:
        return {scope: await appointed(sql, client, scope) for scope in EVERY_SCOPE}
    finally:
        await sql.close()


@pytest.mark.parametrize("held", EVERY_SCOPE)
@pytest.mark.parametrize(("method", "path", "needed"), EVERY)
async def test_an_operation_requires_only_its_scope(
    with_scope: dict[str, AdminClient], method: str, path: str, needed: str, held: str
) -> None:
    answer = await with_scope[held].request(method, path.replace("{tenant_id:str}", ID), json={})

    if held == needed:
        assert answer.status_code in {200, 202, 404, 409, 422}
    else:
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": f"This needs the scope {needed}", "code": "scope_missing", "scope": needed},
        )


@pytest.mark.parametrize(("method", "path", "needed"), EVERY)
async def test_a_creators_token_opens_no_admin_operation(ada: Creator, method: str, path: str, needed: str) -> None:
    answer = await ada.request(method, ADMIN + path.replace("{tenant_id:str}", ID), json={})

    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "This needs an administrator", "code": "admin_required"},
    )


@pytest.mark.parametrize(("method", "path", "needed"), EVERY)
async def test_without_a_key_there_is_no_admin_operation(
    client: httpx.AsyncClient, method: str, path: str, needed: str
) -> None:
    answer = await client.request(method, ADMIN + path.replace("{tenant_id:str}", ID))

    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated", "code": "not_authenticated"})


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    detail: str = answer.json()["detail"]
    return detail.removeprefix("Could not validate credentials: ")


async def test_a_wrong_key_is_refused_like_an_unknown_one(client: httpx.AsyncClient, appoint: Appoint) -> None:
    known = await appoint("read")
    wrong = [
        new_key().text,
        f"cvop_{known.key_id}_{new_key().text.rpartition('_')[2]}",
        known.key + "x",
        f"cvop_{known.key_id}",
        "cvop_",
        "cvop_" + "x" * 1000,
        "cvop_ünknown",
    ]
    for key in wrong:
        answer = await client.get(f"{ADMIN}/status", headers={b"Authorization": f"Bearer {key}".encode("latin-1")})
        assert refused(answer) == "the operator key is not known"


async def test_an_expired_key_is_refused(appoint: Appoint) -> None:
    now = datetime.now(UTC)
    late = await appoint("read", expires_at=now - timedelta(seconds=1))
    in_time = await appoint("read", expires_at=now + timedelta(hours=1))

    assert refused(await late.request("GET", "/status")) == "the operator key has expired"
    assert (await in_time.request("GET", "/status")).status_code == 200


async def test_a_revoked_key_is_refused_at_once(appoint: Appoint, database: asyncpg.Connection) -> None:
    olga = await appoint("read")
    assert (await olga.request("GET", "/status")).status_code == 200

    await database.execute("UPDATE operators SET revoked_at = now() WHERE key_id = $1", olga.key_id)

    assert refused(await olga.request("GET", "/status")) == "the operator key has been revoked"


async def test_an_operator_key_opens_nothing_but_the_admin_api(olga: AdminClient, client: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {olga.key}"}

    for path in ("/api/v1/users/me", "/api/v1/olga/ideas", "/api/v1/tenant"):
        assert (await client.get(path, headers=headers)).status_code == 401


async def test_an_administrator_of_a_trusted_issuer_has_every_scope(house_with: HouseWith) -> None:
    house: House = await house_with(CREATORVAULT_AUTH__ISSUERS=TRUSTING, BETTER_AUTH_SECRET="")

    admin = house.creator(claims={"role": "user,admin"})
    user = house.creator(claims={"role": "administrator"})

    assert (await admin.request("GET", f"{ADMIN}/root-keys")).status_code == 200
    assert (await user.request("GET", f"{ADMIN}/status")).status_code == 403
    made = await admin.request(
        "POST", f"{ADMIN}/tenants", json={"kind": "personal", "realm": "r", "external_id": str(uuid4())}
    )
    (event,) = (await admin.request("GET", f"{ADMIN}/audit", params={"tenant_id": made.json()["tenant_id"]})).json()[
        "items"
    ]
    assert event["actor"] == f"user:better-auth/{admin.user_id}"


async def test_an_administrator_of_an_issuer_that_may_name_none_is_refused(house: House) -> None:
    for claims in ({"role": "admin"}, {"role": ["admin"]}, {"org_id": "acme", "org_role": "admin"}):
        answer = await house.creator(claims=claims).request("GET", f"{ADMIN}/status")
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": "This needs an administrator", "code": "admin_required"},
        )


async def test_without_an_operators_login_the_admin_api_is_off(house_with: HouseWith, olga: AdminClient) -> None:
    house: House = await house_with(DATABASE_OPERATOR_URL="")
    trusting: House = await house_with(
        DATABASE_OPERATOR_URL="", CREATORVAULT_AUTH__ISSUERS=TRUSTING, BETTER_AUTH_SECRET=""
    )

    with_key = await AdminClient(house.client, olga.id, olga.key_id, olga.key).request("GET", "/status")
    with_token = await trusting.creator(claims={"role": "admin"}).request("GET", f"{ADMIN}/status")

    assert with_key.status_code == 401
    assert (with_token.status_code, with_token.json()) == (
        404,
        {"detail": "The admin API is off: DATABASE_OPERATOR_URL is not set", "code": "admin_off"},
    )

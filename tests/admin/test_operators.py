"""Operators are listed, appointed and revoked by operators."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.admin.scopes import Scope
from creatorvault.audit.chain import SERVICE
from tests.admin.operators import EVERY_SCOPE, AdminClient, Appoint, appointed
from tests.admin.test_scopes import TRUSTING
from tests.application import House
from tests.factories import Creator
from tests.logs import Logs

INVALID: list[dict[str, Any]] = [
    {},
    {"name": "", "scopes": ["read"]},
    {"name": "x" * 256, "scopes": ["read"]},
    {"name": "Oleg", "scopes": []},
    {"name": "Oleg", "scopes": "read"},
    {"name": "Oleg", "scopes": ["levitate"]},
    {"name": "Oleg", "scopes": ["read"] * 5},
    {"name": "Oleg", "scopes": ["read"], "expires_in_days": 0},
    {"name": "Oleg", "scopes": ["read"], "expires_in_days": 36_501},
]


async def created(by: AdminClient, *scopes: str, name: str = "Oleg", days: int | None = None) -> AdminClient:
    made = await by.post("/operators", {"name": name, "scopes": list(scopes), "expires_in_days": days})
    return AdminClient(by.client, made["operator_id"], made["key_id"], made["key"])


async def shown(by: AdminClient, name: str) -> Any:
    [operator] = (await by.get("/operators", q=name))["items"]
    return operator


async def test_a_created_operator_has_its_scopes_and_is_listed_without_its_key(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    olga = await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)
    before = datetime.now(UTC)

    answer = await olga.request(
        "POST", "/operators", json={"name": "Oleg", "scopes": ["read", "manage", "read"], "expires_in_days": 7}
    )

    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json()
    oleg = AdminClient(fresh_house.client, made["operator_id"], made["key_id"], made.pop("key"))
    assert (made["name"], made["state"], made["scopes"]) == ("Oleg", "valid", ["read", "manage"])
    assert (made["appointed_by"], made["revoked_at"]) == (f"operator:{olga.id}", None)
    expires_at = datetime.fromisoformat(made["expires_at"])
    assert before + timedelta(days=7) <= expires_at <= datetime.now(UTC) + timedelta(days=7)
    page = await oleg.get("/operators")
    assert page["items"][0] == made
    assert (page["total"], page["items"][1]["appointed_by"]) == (2, None)
    assert (await oleg.request("POST", "/tenants", json={})).status_code == 422
    assert (await oleg.request("GET", "/root-keys")).status_code == 403
    stored = await fresh_sql.fetchrow("SELECT * FROM operators WHERE id = $1", made["operator_id"])
    assert oleg.key not in str(tuple(stored))


async def test_the_audit_log_names_who_appointed_and_revoked(olga: AdminClient) -> None:
    oleg = await created(olga, "read", "keys")
    await olga.post(f"/operators/{oleg.id}/revoke")
    await olga.post(f"/operators/{oleg.id}/revoke")

    page = await olga.get("/audit", tenant_id=str(SERVICE), actor=f"operator:{olga.id}", limit=100)
    events = [
        (event["verb"], event["targets"]) for event in page["items"] if event["targets"].get("operator") == oleg.id
    ]
    assert events == [
        ("operator.revoked", {"operator": oleg.id}),
        ("operator.created", {"operator": oleg.id, "scopes": "keys,read"}),
    ]


async def test_only_scopes_that_one_has_can_be_given(appoint: Appoint) -> None:
    otto = await appoint("operators", "read")

    for scope in ("manage", "keys"):
        answer = await otto.request("POST", "/operators", json={"name": "Oleg", "scopes": ["read", scope]})
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": f"This needs the scope {scope}", "code": "scope_missing", "scope": scope},
        )
    oleg = await created(otto, "operators")
    assert (await oleg.request("GET", "/operators")).status_code == 403
    assert (await oleg.request("POST", "/operators", json={"name": "x", "scopes": ["read"]})).status_code == 403


async def test_a_revoked_operator_is_refused_at_once(olga: AdminClient) -> None:
    oleg = await created(olga, "read")
    assert (await oleg.request("GET", "/status")).status_code == 200

    revoked = await olga.post(f"/operators/{oleg.id}/revoke")
    again = await olga.post(f"/operators/{oleg.id}/revoke")

    assert (revoked["state"], again) == ("revoked", revoked)
    refused = await oleg.request("GET", "/status")
    assert (refused.status_code, refused.json()["code"]) == (401, "operator_key_revoked")


async def test_operators_may_revoke_themselves(appoint: Appoint) -> None:
    otto = await appoint("operators")

    assert (await otto.post(f"/operators/{otto.id}/revoke"))["state"] == "revoked"

    assert (await otto.request("POST", f"/operators/{otto.id}/revoke")).status_code == 401


async def test_an_unknown_operator_is_not_found(olga: AdminClient) -> None:
    nobody = uuid4()

    answer = await olga.request("POST", f"/operators/{nobody}/revoke")

    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": f"Operator {nobody} not found", "code": "operator_not_found"},
    )


@pytest.mark.parametrize("body", INVALID)
async def test_a_malformed_operator_is_refused(olga: AdminClient, body: dict[str, Any]) -> None:
    assert (await olga.request("POST", "/operators", json=body)).status_code == 422


async def test_the_list_is_filtered_by_state_and_name(
    olga: AdminClient, appoint: Appoint, database: asyncpg.Connection
) -> None:
    name = token_hex(8)
    for state in ("valid", "later", "expired", "revoked", "never", "outdated", "outdated and revoked"):
        oleg = await created(olga, "read", name=f"{name} {state}", days=1 if state in ("later", "expired") else None)
        if "outdated" in state:
            await database.execute("UPDATE operators SET key_hash = '$argon2id$v=19$x' WHERE id = $1", oleg.id)
        if "revoked" in state:
            await olga.post(f"/operators/{oleg.id}/revoke")
    change = "UPDATE operators SET expires_at = $2 WHERE name = $1"
    await database.execute(change, f"{name} expired", datetime.now(UTC))
    await database.execute(change.replace("$2", "'infinity'"), f"{name} never")

    async def found(**parameters: str) -> list[str]:
        page = await olga.get("/operators", q=name, **parameters)
        assert all(operator["state"] == parameters.get("state", operator["state"]) for operator in page["items"])
        return [operator["name"].removeprefix(f"{name} ") for operator in page["items"]]

    assert len(await found()) == 7
    assert await found(state="valid") == ["never", "later", "valid"]
    assert await found(state="expired") == ["expired"]
    assert await found(state="revoked") == ["outdated and revoked", "revoked"]
    assert await found(state="outdated") == ["outdated"]
    assert (await olga.get("/operators", q=f"{name}%"))["total"] == 0
    assert (await olga.request("GET", "/operators", params={"state": "asleep"})).status_code == 422


async def test_scopes_of_a_later_version_are_not_listed(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute("ALTER TABLE operators DROP CONSTRAINT operators_scopes")
    olga = await appointed(fresh_sql, fresh_house.client, "read", "levitate")

    assert (await shown(olga, "Olga"))["scopes"] == ["read"]


async def test_an_administrator_of_a_trusted_issuer_appoints(
    house_with: Callable[..., Awaitable[House]], olga: AdminClient
) -> None:
    house = await house_with(CREATORVAULT_AUTH__ISSUERS=TRUSTING, BETTER_AUTH_SECRET="")
    admin = house.creator(claims={"role": "admin"})
    name = token_hex(8)

    answer = await admin.request(
        "POST", "/api/v1/admin/operators", json={"name": name, "scopes": [scope.value for scope in Scope]}
    )

    assert answer.status_code == 201
    assert (await shown(olga, name))["appointed_by"] == f"user:better-auth/{admin.user_id}"


async def test_who_was_appointed_appoints_for_who_appointed_them(olga: AdminClient) -> None:
    oleg = await created(olga, "read", "operators")
    otto = await created(oleg, "read", name=token_hex(8))

    operators = (await olga.get("/operators", limit=2))["items"]

    assert [operator["operator_id"] for operator in operators] == [otto.id, oleg.id]
    assert {operator["appointed_by"] for operator in operators} == {f"operator:{olga.id}"}


async def test_creators_and_nobody_see_no_operators(ada: Creator, client: httpx.AsyncClient) -> None:
    path = "/api/v1/admin/operators"

    for method in ("GET", "POST"):
        assert (await ada.request(method, path, json={})).status_code == 403
        assert (await client.request(method, path)).status_code == 401


async def test_a_key_is_in_no_log(olga: AdminClient, logs: Logs) -> None:
    name = token_hex(8)
    oleg = await created(olga, "read", name=name)

    assert (await oleg.request("GET", "/operators")).status_code == 200

    for told in (oleg.key, oleg.key.rpartition("_")[2], name):
        assert told not in logs.text

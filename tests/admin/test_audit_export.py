"""Exports of the audit log: filtered events as JSON lines, the oldest first."""

import json
from typing import Any
from uuid import uuid4

import pytest

from creatorvault.admin import services_of_audit
from creatorvault.audit.chain import SERVICE
from tests.admin.operators import AdminClient, Appoint, tenant_of
from tests.application import House


async def exported(operator: AdminClient, **filters: Any) -> list[Any]:
    answer = await operator.request("GET", "/audit/export", params=filters)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_events_are_those_of_the_list(house: House, olga: AdminClient) -> None:
    creator = house.creator()
    await creator.idea()
    tenant = tenant_of(creator)
    for verb in ("suspend", "resume"):
        await olga.post(f"/tenants/{tenant}/{verb}")
    listed = (await olga.get("/audit", tenant_id=str(tenant), limit=100))["items"]

    found = await exported(olga, tenant_id=str(tenant))

    assert found == listed[::-1]
    assert [event["verb"] for event in found] == [
        *("tenant.created", "key.created", "tenant.suspended", "tenant.resumed")
    ]


async def test_the_response_is_a_file_that_nobody_caches(olga: AdminClient) -> None:
    answer = await olga.request("GET", "/audit/export", params={"verb": "nothing"})

    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["content-disposition"].startswith('attachment; filename="creatorvault-audit-')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == ""


async def test_filters_combine(house: House, olga: AdminClient) -> None:
    creator = house.creator()
    await creator.idea()
    tenant = str(tenant_of(creator))
    await olga.post(f"/tenants/{tenant}/suspend")
    events = await exported(olga, tenant_id=tenant)
    first, last = events[0], events[-1]

    actor = f"operator:{olga.id}"
    by_olga = await exported(olga, tenant_id=tenant, actor=actor)
    assert {event["actor"] for event in by_olga} == {actor}
    assert [event["verb"] for event in by_olga] == ["tenant.suspended"]
    assert [event["verb"] for event in await exported(olga, tenant_id=tenant, verb="key.created")] == ["key.created"]
    assert (await exported(olga, tenant_id=tenant, since=last["happened_at"]))[0] == last
    before = await exported(olga, tenant_id=tenant, until=last["happened_at"])
    assert (before[0], last in before) == (first, False)
    assert await exported(olga, tenant_id=tenant, until="2020-01-01T00:00:00Z") == []


async def test_all_events_come_in_pieces(house: House, olga: AdminClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services_of_audit, "AT_ONCE", 2)
    creators = [house.creator(claims={"org_id": f"org-{uuid4()}", "org_role": "owner"}) for _ in range(3)]
    for creator in creators:
        await creator.idea()
    tenants = {str(tenant_of(creator)) for creator in creators}

    found = await exported(olga)

    places = [(event["happened_at"], event["tenant_id"], event["sequence"]) for event in found]
    assert places == sorted(set(places))
    assert len([event for event in found if event["tenant_id"] in tenants]) == 6


async def test_the_log_says_who_exported_what(olga: AdminClient) -> None:
    tenant = str(uuid4())
    await exported(olga, verb="key.created", actor="service")
    await exported(olga, tenant_id=tenant)

    of_tenant, of_all = (await olga.get("/audit", tenant_id=str(SERVICE), actor=f"operator:{olga.id}"))["items"][:2]
    assert (of_all["verb"], of_all["targets"]) == ("audit.exported", {"filters": "actor,verb"})
    assert (of_tenant["verb"], of_tenant["targets"]) == (
        *("audit.exported", {"filters": "tenant_id", "tenant": tenant}),
    )
    assert (await olga.get("/audit", tenant_id=tenant))["items"] == []


async def test_wrong_filters_are_refused(olga: AdminClient) -> None:
    answer = await olga.request("GET", "/audit/export", params={"since": "2026-11-22T00:00:00"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "since"]


async def test_without_the_scope_nothing_is_exported(appoint: Appoint) -> None:
    keys = await appoint("keys", "manage")

    answer = await keys.request("GET", "/audit/export")

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")

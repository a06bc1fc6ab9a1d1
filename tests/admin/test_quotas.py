"""A quota set by an operator applies from the next change on, and errors name it."""

from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import httpx
import pytest

from tests.admin.operators import AdminClient, tenant_of
from tests.factories import Creator, Idea

type UsageDelta = Callable[[Creator, Idea], Awaitable[httpx.Response]]

PROBLEM: Final = {"Accept": "application/problem+json"}
LONG: Final = {"title": "One", "notes": "n" * 3000}
SHORT: Final = {"title": "One", "notes": "n"}
GROWTHS: Final[dict[str, UsageDelta]] = {
    "POST": lambda ada, _: ada.post(LONG, headers=PROBLEM),
    "PATCH": lambda ada, idea: ada.patch(idea, {"notes": LONG["notes"]}, headers=PROBLEM),
    "PUT": lambda ada, idea: ada.put(idea, LONG, headers=PROBLEM),
}
CASES: Final = [
    *((quota, "POST") for quota in ("idea_quota", "vault_idea_quota")),
    *((quota, method) for quota in ("byte_quota", "vault_byte_quota") for method in GROWTHS),
]


async def set_quotas(olga: AdminClient, ada: Creator, **quotas: int) -> None:
    answer = await olga.request("PUT", f"/tenants/{tenant_of(ada)}/quotas", json=quotas)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("quota", "method"), CASES)
async def test_growth_beyond_a_quota_is_refused_and_changes_nothing(
    ada: Creator, olga: AdminClient, quota: str, method: str
) -> None:
    idea = await ada.idea("One", notes="n" * 900)
    before = await olga.get(f"/tenants/{tenant_of(ada)}")
    limit = before["ideas" if "idea" in quota else "sealed_bytes"]
    await set_quotas(olga, ada, **{quota: limit})

    refused = await GROWTHS[method](ada, idea)

    problem = refused.json()
    assert (refused.status_code, problem["quota"], problem["limit"]) == (403, quota, limit)
    assert problem["detail"] == f"The quota {quota} of {limit} is used up"
    assert (await ada.get(idea)).json() == idea
    after = await olga.get(f"/tenants/{tenant_of(ada)}")
    assert (after["ideas"], after["sealed_bytes"]) == (before["ideas"], before["sealed_bytes"])


@pytest.mark.parametrize(("quota", "method"), CASES)
async def test_growth_is_allowed_again_when_the_quota_is_raised(
    ada: Creator, olga: AdminClient, quota: str, method: str
) -> None:
    idea = await ada.idea("One", notes="n" * 900)
    await set_quotas(olga, ada, **{quota: 1})
    assert (await GROWTHS[method](ada, idea)).status_code == 403

    await set_quotas(olga, ada)

    assert (await GROWTHS[method](ada, idea)).is_success


@pytest.mark.parametrize("quota", ["idea_quota", "byte_quota", "vault_idea_quota", "vault_byte_quota"])
async def test_a_vault_over_its_quota_can_be_read_reduced_and_deleted_from(
    ada: Creator, olga: AdminClient, database: asyncpg.Connection, quota: str
) -> None:
    first, second = await ada.idea("One", notes="n" * 900), await ada.idea("Two", notes="n" * 900)
    await database.execute("UPDATE vaults SET retention_days = 0 WHERE user_id = $1", ada.user_id)
    await set_quotas(olga, ada, **{quota: 1})

    assert (await ada.list()).json()["total"] == 2
    assert (await ada.patch(first, {"notes": "n"})).status_code == 200
    assert (await ada.put(second, SHORT)).status_code == 200
    assert (await ada.delete(first)).status_code == 204


async def test_a_tenants_own_quota_counts_all_of_its_vaults(
    organization: Callable[..., Creator], olga: AdminClient
) -> None:
    ada, bob = organization(), organization()
    await ada.idea()
    await set_quotas(olga, ada, idea_quota=1)

    refused = await bob.post(SHORT, headers=PROBLEM)

    assert (refused.status_code, refused.json()["quota"]) == (403, "idea_quota")
    await ada.request("DELETE", ada.url_of((await ada.list()).json()["items"][0]))
    assert (await bob.post(SHORT)).status_code == 201


async def test_a_byte_order_mark_before_the_body_is_skipped(ada: Creator, olga: AdminClient) -> None:
    await ada.idea()
    answer = await olga.request("PUT", f"/tenants/{tenant_of(ada)}/quotas", content=b'\xef\xbb\xbf{"idea_quota": 7}')

    assert (answer.status_code, answer.json()["idea_quota"]) == (200, 7)

"""What operators do with tenants, vaults and jobs in the console, one form after the other."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.core.identifiers import TenantId
from tests.admin.operators import AdminClient, Appoint, tenant_of
from tests.application import House
from tests.console.browserless import Browserless
from tests.factories import Creator
from tests.vault_rows import QUEUED

TENANTS = "/console/tenants"
VAULTS = "/console/vaults"
JOBS = "/console/jobs"


@pytest.fixture
async def olga(console: House, appoint: Appoint) -> AdminClient:
    return await appoint("read", "manage", "keys")


@pytest.fixture
async def browser(console: House, olga: AdminClient) -> Browserless:
    browser = Browserless(console.app)
    await browser.sign_in(olga.key)
    return browser


@pytest.fixture
async def ada(console: House) -> Creator:
    ada = console.creator()
    await ada.idea(title="Title that nobody sees", notes="Notes that nobody sees", tags=["unseen"])
    return ada


async def act(browser: Browserless, section: str, name: str, keys: Mapping[str, str], **fields: str) -> httpx.Response:
    path = f"{section}/act/{name}"
    return await browser.submit(str(httpx.URL(path, params=keys)), path, fields)


def offered(page: str) -> set[str]:
    """The names of the actions to which the page leads."""
    return set(re.findall(r"/act/([a-z-]+)", page))


async def followed(browser: Browserless, answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    page = await browser.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    return page.text


def fact(page: str, label: str) -> str:
    """The text beside a label."""
    [(value,)] = [found.groups() for found in re.finditer(rf"<dt>{label}</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL)]
    return unescape(re.sub("<[^>]*>", "", value)).strip()


async def status_of(olga: AdminClient, tenant: TenantId) -> Any:
    return (await olga.get(f"/tenants/{tenant}"))["status"]


async def test_a_tenant_is_found_and_shown_without_content(browser: Browserless, ada: Creator) -> None:
    listed = await browser.get(f"{TENANTS}?q={ada.user_id[:-1]}&sort=ideas&order=asc")
    path = f"{TENANTS}/item?tenant_id={tenant_of(ada)}"
    assert f'href="{path}"' in listed.text
    assert "1 in all" in listed.text
    assert '<option value="ideas" selected>Ideas</option>' in listed.text

    page = await browser.get(path)
    assert f"<h1>Tenants: {ada.user_id}</h1>" in page.text
    assert fact(page.text, "Status") == "Active"
    assert f"{VAULTS}/item?tenant_id={tenant_of(ada)}&amp;user_id={ada.user_id}" in page.text
    assert "tenant.created" in page.text
    assert "nobody sees" not in page.text
    assert "unseen</" not in page.text


async def test_lists_have_pages(browser: Browserless, console: House) -> None:
    for _ in range(3):
        await console.creator().idea()

    first = await browser.get(f"{TENANTS}?limit=1&kind=personal")
    assert "First page" not in first.text
    link = re.search(r'<a href="([^"]*)"[^>]*>Next page</a>', first.text)
    assert link is not None
    assert "limit=1&amp;kind=personal&amp;cursor=" in link[1]
    second = await browser.get(unescape(link[1]))
    assert second.status_code == 200
    assert f'<a href="{TENANTS}?limit=1&amp;kind=personal"' in second.text
    names = [re.findall(r'<th scope="row">.*?>([^<>]+)</bdi>', page.text) for page in (first, second)]
    assert names[0] != names[1]


async def test_a_cursor_that_does_not_belong_here_leads_to_the_first_page(browser: Browserless) -> None:
    page = await browser.get(f"{TENANTS}?kind=personal&cursor=made-up")

    assert page.status_code == 422
    assert "This page of the list does not exist any more. Go to the first page." in page.text
    assert f'<a href="{TENANTS}?kind=personal"' in page.text


async def test_a_tenant_is_suspended_and_resumed(browser: Browserless, olga: AdminClient, ada: Creator) -> None:
    keys = {"tenant_id": str(tenant_of(ada))}

    page = await followed(browser, await act(browser, TENANTS, "suspend", keys))
    assert '<div id="notice" role="status">The tenant is suspended.</div>' in page
    assert await status_of(olga, tenant_of(ada)) == "suspended"
    assert "act/resume" in page
    assert "act/suspend" not in page
    page = await followed(browser, await act(browser, TENANTS, "resume", keys))
    assert fact(page, "Status") == "Active"

    events = (await olga.get("/audit", tenant_id=keys["tenant_id"]))["items"]
    suspended = next(event for event in events if event["verb"] == "tenant.suspended")
    assert suspended["actor"] == f"operator:{olga.id}"
    assert suspended["address"] is not None


async def test_limits_are_set_in_forms_that_have_the_current_ones(
    browser: Browserless, olga: AdminClient, ada: Creator
) -> None:
    keys = {"tenant_id": str(tenant_of(ada))}

    await act(browser, TENANTS, "quotas", keys, idea_quota="12", byte_quota="1000000")
    await act(browser, TENANTS, "quotas", keys, byte_quota="")
    await act(browser, TENANTS, "retention", keys, retention_days="7")
    await act(browser, TENANTS, "owner-export", keys, owner_export="true")
    page = await followed(browser, await act(browser, TENANTS, "root-key", keys, root_key_id="tests"))

    shown = [fact(page, label) for label in ("Most ideas", "Largest size", "Days of retention", "Root key")]
    assert shown == ["12", "–", "7", "tests"]
    tenant = await olga.get(f"/tenants/{tenant_of(ada)}")
    assert (tenant["idea_quota"], tenant["byte_quota"], tenant["owner_export"]) == (12, None, True)
    form = await browser.get(f"{TENANTS}/act/owner-export?tenant_id={tenant_of(ada)}")
    assert 'name="owner_export" value="true" checked' in form.text

    wrong = await act(browser, TENANTS, "quotas", keys, idea_quota="0", vault_idea_quota="many")
    assert wrong.status_code == 422
    assert '<a href="#field-idea_quota">Enter at least 1.</a>' in wrong.text
    assert '<a href="#field-vault_idea_quota">Enter a whole number.</a>' in wrong.text
    assert 'value="many"' in wrong.text
    unusable = await act(browser, TENANTS, "root-key", keys, root_key_id="none")
    assert (unusable.status_code, "This root key cannot be used now." in unusable.text) == (409, True)


async def test_a_tenant_is_created(browser: Browserless, olga: AdminClient, ada: Creator) -> None:
    typed = {"kind": "organization", "realm": "better-auth", "external_id": f"org-of-{ada.user_id}"}

    page = await followed(browser, await act(browser, TENANTS, "create", {}, **typed))

    assert "The tenant was created." in page
    assert (await olga.get("/tenants", external_id=typed["external_id"]))["total"] == 1
    twice = await act(browser, TENANTS, "create", {}, **typed)
    assert twice.status_code == 409
    assert "The state of the tenant does not allow this." in twice.text
    assert "This tenant exists already" in twice.text
    assert f'value="{typed["external_id"]}"' in twice.text


async def test_a_tenant_is_erased_in_two_steps(
    browser: Browserless, olga: AdminClient, ada: Creator, database: asyncpg.Connection
) -> None:
    keys = {"tenant_id": str(tenant_of(ada))}

    await act(browser, TENANTS, "request-erasure", keys)
    await followed(browser, await act(browser, TENANTS, "withdraw-erasure", keys))
    asked = await act(browser, TENANTS, "request-erasure", keys)
    assert (asked.status_code, asked.headers["cache-control"]) == (200, "no-store")
    confirmation = fact(asked.text, "Confirmation")
    early = await act(browser, TENANTS, "confirm-erasure", keys, confirmation=confirmation)
    assert (early.status_code, "It is too early" in early.text) == (409, True)
    wrong = await act(browser, TENANTS, "confirm-erasure", keys, confirmation="guessed")
    assert (wrong.status_code, "This is not the confirmation" in wrong.text) == (403, True)
    await database.execute("UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1", tenant_of(ada))
    done = await act(browser, TENANTS, "confirm-erasure", keys, confirmation=confirmation)

    assert fact(done.text, "Destroyed ideas") == "1"
    assert await status_of(olga, tenant_of(ada)) == "erased"


async def test_a_vault_is_erased_in_two_steps(
    browser: Browserless, console: House, database: asyncpg.Connection
) -> None:
    org = {"org_id": "org-of-vaults", "org_role": "member"}
    ada = console.creator(claims=org)
    await ada.idea()
    keys = {"tenant_id": str(tenant_of(ada)), "user_id": ada.user_id}
    path = str(httpx.URL(f"{VAULTS}/item", params=keys))

    page = await browser.get(path)
    assert page.status_code == 200
    assert "<p data-summary>There is no erasure of this vault.</p>" in page.text
    assert offered(page.text) == {"request-erasure"}
    assert f'href="{path}"'.replace("&", "&amp;") in (await browser.get(f"{VAULTS}?q={ada.user_id}")).text
    nothing = await act(browser, VAULTS, "withdraw-erasure", keys)
    assert (nothing.status_code, "There is no erasure that waits." in nothing.text) == (409, True)
    nothing = await act(browser, VAULTS, "confirm-erasure", keys, confirmation="guessed")
    assert (nothing.status_code, "There is no erasure that waits." in nothing.text) == (409, True)
    asked = await act(browser, VAULTS, "request-erasure", keys)
    confirmation = fact(asked.text, "Confirmation")
    page = await browser.get(path)
    assert fact(page.text, "State") == "Waits for confirmation"
    assert "Waits for erasure" in page.text
    assert offered(page.text) == {"withdraw-erasure", "confirm-erasure"}
    twice = await act(browser, VAULTS, "request-erasure", keys)
    assert (twice.status_code, "The state of the vault does not allow this." in twice.text) == (409, True)
    await database.execute("UPDATE vault_erasures SET not_before = now() WHERE user_id = $1", ada.user_id)
    page_after = await followed(browser, await act(browser, VAULTS, "confirm-erasure", keys, confirmation=confirmation))
    assert fact(page_after, "State") in {"Being erased", "Erased"}
    assert offered(page_after) == set()


async def test_a_creators_own_request_leaves_the_vault_to_operators(browser: Browserless, ada: Creator) -> None:
    await ada.request("DELETE", "/api/v1/users/me")
    path = f"{VAULTS}/item?tenant_id={tenant_of(ada)}&user_id={ada.user_id}"

    page = await browser.get(path)

    assert fact(page.text, "State") == "Waits for confirmation"
    assert offered(page.text) == {"request-erasure"}


async def test_a_tenant_that_is_being_erased_takes_its_vaults_with_it(
    browser: Browserless, ada: Creator, database: asyncpg.Connection
) -> None:
    keys = {"tenant_id": str(tenant_of(ada))}
    of_vault = {**keys, "user_id": ada.user_id}
    path = str(httpx.URL(f"{VAULTS}/item", params=of_vault))

    confirmation = fact((await act(browser, TENANTS, "request-erasure", keys)).text, "Confirmation")
    assert offered((await browser.get(path)).text) == set()
    refused = await act(browser, VAULTS, "request-erasure", of_vault)
    assert (refused.status_code, "The state of the vault does not allow this." in refused.text) == (409, True)

    await database.execute("UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1", tenant_of(ada))
    await act(browser, TENANTS, "confirm-erasure", keys, confirmation=confirmation)
    assert offered((await browser.get(path)).text) == set()
    assert offered((await browser.get(str(httpx.URL(f"{TENANTS}/item", params=keys)))).text) == set()
    for name in ("suspend", "resume", "quotas", "retention", "owner-export", "root-key", "request-erasure"):
        refused = await act(browser, TENANTS, name, keys)
        assert (refused.status_code, "The state of the tenant does not allow this." in refused.text) == (409, True)


async def test_nothing_is_offered_of_a_vault_that_there_is_not(browser: Browserless, ada: Creator) -> None:
    page = await browser.get(f"{VAULTS}/item?tenant_id={tenant_of(ada)}&user_id=nobody")
    of_no_tenant = await browser.get(f"{VAULTS}/item?tenant_id={uuid4()}&user_id=nobody")

    assert offered(page.text) == offered(of_no_tenant.text) == set()


async def test_jobs_are_retried_and_cancelled_in_their_list(
    browser: Browserless, ada: Creator, database: asyncpg.Connection
) -> None:
    tenant = tenant_of(ada)
    await database.execute(QUEUED, tenant, ada.user_id)
    path = f"{JOBS}?tenant_id={tenant}"
    job_id = re.search(r"act/cancel\?job_id=(\d+)", (await browser.get(path)).text)
    assert job_id is not None
    await database.execute("UPDATE jobs.queue SET status = 'failed' WHERE id = $1", int(job_id[1]))

    failed = await browser.get(f"{path}&state=failed")
    link = re.search(r'href="([^"]*act/retry[^"]*)"', failed.text)
    assert link is not None
    done = await browser.submit(unescape(link[1]), f"{JOBS}/act/retry")
    page = await followed(browser, done)
    assert "The job waits again." in page
    assert f"tenant_id={tenant}&state=failed&done=retry" in done.headers["location"]
    assert "No job waits, runs or has failed." in page  # of those that have failed
    assert f'href="{TENANTS}/item?tenant_id={tenant}"' in (await browser.get(path)).text
    page = await followed(browser, await act(browser, JOBS, "cancel", {"job_id": job_id[1]}))
    assert "The job was cancelled." in page
    gone = await act(browser, JOBS, "cancel", {"job_id": job_id[1]})
    assert (gone.status_code, "This job has ended or was cancelled." in gone.text) == (404, True)


async def test_pages_are_worded_in_the_language_of_the_browser(browser: Browserless, ada: Creator) -> None:
    page = await browser.client.get(
        f"{TENANTS}/act/quotas?tenant_id={tenant_of(ada)}", headers={"Accept-Language": "de"}
    )
    sent = await browser.submit(page, f"{TENANTS}/act/quotas", {"idea_quota": "0"}, accept_language="ur")

    assert '<html lang="de" dir="ltr">' in page.text
    assert '<html lang="ur" dir="rtl">' in sent.text
    assert "Enter at least" not in sent.text


async def test_secrets_of_a_result_are_in_no_log(browser: Browserless, ada: Creator, logs: Any) -> None:
    asked = await act(browser, TENANTS, "request-erasure", {"tenant_id": str(tenant_of(ada))})

    assert fact(asked.text, "Confirmation") not in logs.text

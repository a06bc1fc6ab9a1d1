"""What operators do in the console, with the keyboard alone. None of the declared actions is left out."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.admin.operators import AdminClient, tenant_of
from tests.application import House
from tests.browser import Visit
from tests.console.in_a_browser import Keyboard, opened
from tests.console.scene import Scene, declared_actions, owner

pytestmark = pytest.mark.xdist_group("browser")

SIGN_IN_FIELD: Final = "#credential"
SUBMIT: Final = "main form[method='post'] button.primary"
LATE: Final = "UPDATE console_sessions SET authenticated_at = now() - interval '2 hours' WHERE operator_id = $1"
CONFIRMABLE: Final = "UPDATE {table} SET not_before = now() WHERE tenant_id = $1"
SESSIONS: Final = "SELECT count(*) FROM console_sessions WHERE operator_id = $1"
JOB: Final = "SELECT status::text FROM jobs.queue WHERE id = $1"


class Desk:
    """An operator at a keyboard. `done` are the actions that were done, by section and name."""

    def __init__(self, seen: Visit, house: House, scene: Scene) -> None:
        self.page, self.house, self.scene = seen.page, house, scene
        self.keyboard = Keyboard(seen.page)
        self.done = set[tuple[str, str]]()

    @property
    def olga(self) -> AdminClient:
        return self.scene.olga

    async def sign_in(self, key: str) -> None:
        await self.keyboard.write(self.page.locator(SIGN_IN_FIELD), key)
        await self.keyboard.follow(self.page.locator(SUBMIT))
        await expect(self.page.locator(SIGN_IN_FIELD)).to_have_count(0)

    async def section(self, name: str) -> None:
        link = self.page.locator(f"nav.sections a[href$='/console/{name}']")
        await self.keyboard.follow(link)
        await expect(link).to_have_attribute("aria-current", "page")

    async def find(self, field: str, text: str) -> None:
        """Fills in a filter of the list, which then has one row."""
        await self.keyboard.write(self.page.locator(f".filters [name='{field}']"), text)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("#block-0 tbody tr")).to_have_count(1)
        await self.page.wait_for_load_state("networkidle")

    async def item(self, section: str, text: str) -> None:
        """Goes to the page of an object, from the list."""
        await self.section(section)
        await self.find("q", text)
        await self.keyboard.follow(self.page.locator(f"tbody th a[href*='/{section}/item?']"))
        await expect(self.page.locator("main h1")).to_contain_text(text)

    async def form(self, section: str, action: str, **keys: str) -> None:
        """Goes to the form of an action by its link on the page."""
        path = f"/{section}/act/{action}"
        row = "".join(f"[href*='{name}={value}']" for name, value in keys.items())
        await self.keyboard.follow(self.page.locator(f"main a[href*='{path}']{row}"))
        await expect(self.page.locator(f"main form[action*='{path}']")).to_be_visible()
        self.done.add((section, action))

    def field(self, name: str) -> Locator:
        return self.page.locator(f"#field-{name}")

    async def write(self, **fields: str) -> None:
        for name, text in fields.items():
            await self.keyboard.write(self.field(name), text)

    async def submit(self) -> None:
        """Sends the form, and waits for what says that it was done."""
        await self.keyboard.follow(self.page.locator(SUBMIT))
        await expect(self.page.locator("#notice:not(:empty)")).to_be_visible()

    async def leave(self) -> None:
        """A result that is shown once."""
        await self.keyboard.follow(self.page.locator("main a.button.primary"))
        await expect(self.page.locator(".secret")).to_have_count(0)

    async def tenant(self, tenant_id: str) -> Any:
        return await self.olga.get(f"/tenants/{tenant_id}")


async def tenants(desk: Desk) -> None:
    ada = await owner(desk.house)
    tenant_id, name = str(tenant_of(ada)), str(ada.claims["org_id"])
    made = f"made-for-{name}"
    await desk.section("tenants")
    await desk.form("tenants", "create")
    await desk.keyboard.choose(desk.field("kind"), "organization")
    await desk.write(realm="better-auth", external_id=made)
    await desk.submit()
    assert (await desk.olga.get("/tenants", external_id=made))["total"] == 1

    await desk.item("tenants", name)
    await desk.form("tenants", "suspend")
    await desk.submit()
    assert (await desk.tenant(tenant_id))["status"] == "suspended"
    await desk.form("tenants", "resume")
    await desk.submit()
    assert (await desk.tenant(tenant_id))["status"] == "active"
    await desk.form("tenants", "quotas")
    await desk.write(idea_quota="12", vault_byte_quota="1000000")
    await desk.submit()
    await desk.form("tenants", "retention")
    await desk.write(retention_days="7")
    await desk.submit()
    await desk.form("tenants", "owner-export")
    await desk.keyboard.tick(desk.field("owner_export"))
    await desk.submit()
    await desk.form("tenants", "root-key")
    await desk.write(root_key_id="tests")
    await desk.submit()
    tenant = await desk.tenant(tenant_id)
    names = ("idea_quota", "vault_byte_quota", "retention_days", "owner_export", "root_key_id")
    assert [tenant[each] for each in names] == [12, 1_000_000, 7, True, "tests"]

    await desk.form("tenants", "request-erasure")
    await desk.submit()
    await desk.leave()
    await desk.form("tenants", "withdraw-erasure")
    await desk.submit()
    assert (await desk.tenant(tenant_id))["status"] == "suspended"
    await desk.form("tenants", "request-erasure")
    await desk.submit()
    confirmation = await desk.page.locator("dd .secret").first.inner_text()
    await desk.leave()
    await desk.scene.sql.execute(CONFIRMABLE.format(table="tenant_erasures"), tenant_id)
    await desk.form("tenants", "confirm-erasure")
    await desk.write(confirmation=confirmation)
    await desk.submit()
    assert (await desk.tenant(tenant_id))["status"] == "erased"


async def vaults(desk: Desk) -> None:
    ada = await owner(desk.house)
    path = f"/tenants/{tenant_of(ada)}/vaults/{ada.user_id}/erasure"
    await desk.item("vaults", ada.user_id)
    await desk.form("vaults", "request-erasure")
    await desk.submit()
    await desk.leave()
    await desk.form("vaults", "withdraw-erasure")
    await desk.submit()
    assert (await desk.olga.request("GET", path)).status_code == 404
    await desk.form("vaults", "request-erasure")
    await desk.submit()
    confirmation = await desk.page.locator("dd .secret").first.inner_text()
    await desk.leave()
    await desk.scene.sql.execute(CONFIRMABLE.format(table="vault_erasures"), tenant_of(ada))
    await desk.form("vaults", "confirm-erasure")
    await desk.write(confirmation=confirmation)
    await desk.submit()
    assert (await desk.olga.get(path))["destroyed_at"] is not None


async def keys(desk: Desk) -> None:
    tenant_id = desk.scene.keys["tenant_id"]
    await desk.section("keys")
    await desk.form("keys", "rotate")
    await desk.write(tenant_id=tenant_id)
    await desk.submit()
    newest = (await desk.olga.get("/keys/rotations"))["items"][0]
    assert (newest["tenant_id"], newest["state"]) == (tenant_id, "waiting")
    assert newest["requested_by"] == f"operator:{desk.olga.id}"


async def jobs(desk: Desk) -> None:
    sql, job = desk.scene.sql, await desk.scene.job("failed")
    await desk.section("jobs")
    await desk.keyboard.write(desk.page.locator(".filters [name='tenant_id']"), desk.scene.keys["tenant_id"])
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("#block-0 tbody tr")).to_have_count(3)
    await desk.page.wait_for_load_state("networkidle")
    await desk.form("jobs", "retry", job_id=job)
    await desk.submit()
    assert await sql.fetchval(JOB, int(job)) == "queued"
    await desk.form("jobs", "cancel", job_id=job)
    await desk.submit()
    assert await sql.fetchval(JOB, int(job)) is None


async def operators(desk: Desk) -> None:
    name = f"Ola {desk.olga.key_id}"
    await desk.section("operators")
    await desk.form("operators", "create")
    await desk.write(name=name, expires_in_days="30")
    await desk.keyboard.tick(desk.page.locator("[name='scopes'][value='read']"))
    await desk.submit()
    await expect(desk.page.locator("dd .secret")).to_be_visible()
    await desk.leave()
    (made,) = (await desk.olga.get("/operators", q=name))["items"]
    assert (made["state"], made["scopes"]) == ("valid", ["read"])
    await desk.section("operators")
    await desk.find("q", name)
    await desk.form("operators", "revoke", operator_id=made["operator_id"])
    await desk.submit()
    (made,) = (await desk.olga.get("/operators", q=name))["items"]
    assert made["state"] == "revoked"


async def audit(desk: Desk) -> None:
    before = (await desk.olga.get("/audit/verifications"))["total"]
    await desk.section("audit")
    await desk.form("audit", "verify")
    await desk.submit()
    assert (await desk.olga.get("/audit/verifications"))["total"] == before + 1
    await desk.form("audit", "export")
    await desk.write(verb="tenant.created")
    async with desk.page.expect_download() as download:
        await desk.keyboard.press(desk.page.locator(SUBMIT))
    lines = Path(await (await download.value).path()).read_text().splitlines()
    assert {json.loads(line)["verb"] for line in lines} == {"tenant.created"}


SECTIONS: Final[dict[str, Callable[[Desk], Awaitable[None]]]] = {
    each.__name__: each for each in (tenants, vaults, keys, jobs, operators, audit)
}


async def test_no_section_with_actions_is_left_out(shown_house: House) -> None:
    assert {section for section, _ in declared_actions(shown_house.app)} == SECTIONS.keys()


@pytest.mark.parametrize("section", SECTIONS)
async def test_every_action(chrome: Browser, address: str, shown_house: House, scene: Scene, section: str) -> None:
    async with opened(chrome, address) as seen:
        desk = Desk(seen, shown_house, scene)
        await desk.sign_in(scene.olga.key)
        await SECTIONS[section](desk)
        assert desk.done == {each for each in declared_actions(shown_house.app) if each[0] == section}


async def test_sessions_and_languages(chrome: Browser, address: str, shown_house: House, scene: Scene) -> None:
    olga = scene.olga
    async with opened(chrome, address) as seen:
        desk = Desk(seen, shown_house, scene)
        page, keyboard = desk.page, desk.keyboard
        await desk.sign_in(olga.key)
        assert await scene.sql.fetchval(SESSIONS, olga.id) == 1

        for code, direction in (("ur", "rtl"), ("de", "ltr"), ("en", "ltr")):
            await keyboard.choose(page.locator("#language"), code)
            await keyboard.follow(page.locator("form.language button"))
            await expect(page.locator("html")).to_have_attribute("lang", code)
            await expect(page.locator("html")).to_have_attribute("dir", direction)

        await scene.sql.execute(LATE, olga.id)
        await desk.section("keys")
        await keyboard.follow(page.locator("main a[href*='/keys/act/rotate']"))
        await expect(page.locator(SIGN_IN_FIELD)).to_be_visible()
        await desk.sign_in(olga.key)
        await expect(page.locator("main form[action*='/keys/act/rotate']")).to_be_visible()
        assert await scene.sql.fetchval(SESSIONS, olga.id) == 1

        await keyboard.follow(page.locator("form[action$='/sign-out'] button"))
        await expect(page.locator(SIGN_IN_FIELD)).to_be_visible()
        assert await scene.sql.fetchval(SESSIONS, olga.id) == 0

        async with opened(chrome, address) as elsewhere:
            await Desk(elsewhere, shown_house, scene).sign_in(olga.key)
            await desk.sign_in(olga.key)
            assert await scene.sql.fetchval(SESSIONS, olga.id) == 2
            await keyboard.follow(page.locator("form[action$='/sign-out-everywhere'] button"))
            await expect(page.locator(SIGN_IN_FIELD)).to_be_visible()
            assert await scene.sql.fetchval(SESSIONS, olga.id) == 0
            await elsewhere.page.reload()
            await expect(elsewhere.page.locator(SIGN_IN_FIELD)).to_be_visible()

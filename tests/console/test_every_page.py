"""Every page of the console in a browser: nothing that axe-core finds, in each language, and in a narrow window.

The pages are those that are declared. Pictures of them are in build/screenshots/console.
"""

from typing import Final

import pytest
from litestar import Litestar
from playwright.async_api import Browser, expect

from creatorvault.console.catalogue import Catalogue
from creatorvault.console.languages import CODES
from creatorvault.core.parts import part_of
from tests.admin.operators import appointed, tenant_of
from tests.application import House
from tests.browser import Scheme, Visit
from tests.console.in_a_browser import looked_at, opened, sign_in
from tests.console.scene import Scene, owner, places

pytestmark = pytest.mark.xdist_group("browser")

SUBMIT: Final = "main form[method='post'] button.primary"
CONFIRMABLE: Final = "UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1"
FORGIVE: Final = "DELETE FROM console_refusals"
DIRECTIONS: Final = {"en": "ltr", "de": "ltr", "ur": "rtl"}


class Album:
    """What is looked at in one language, and what is wrong with it."""

    def __init__(self, seen: Visit, code: str, scheme: Scheme) -> None:
        self.page = seen.page
        self.wrong = list[str]()
        self._code, self._scheme = code, scheme

    async def add(self, name: str) -> None:
        """The page as it is."""
        html = self.page.locator("html")
        await expect(html).to_have_attribute("lang", self._code)
        await expect(html).to_have_attribute("dir", DIRECTIONS[self._code])
        self.wrong += await looked_at(self.page, f"{self._code}-{self._scheme}-{name}")

    async def visit(self, name: str, path: str, status: int = 200) -> None:
        answer = await self.page.goto(path)
        assert answer is not None
        assert answer.status == status, path
        await self.add(name)


async def test_every_language_is_looked_at() -> None:
    assert DIRECTIONS.keys() == set(CODES)


@pytest.mark.parametrize("code", CODES)
async def test_every_declared_page(chrome: Browser, address: str, shown_house: House, scene: Scene, code: str) -> None:
    async with opened(chrome, address, code) as seen:
        album = Album(seen, code, "light")
        await sign_in(seen.page, scene.olga.key)
        for name, _, path in places(shown_house.app, scene.keys):
            await album.visit(name, path)
        assert album.wrong == []


@pytest.mark.parametrize("code", CODES)
async def test_every_result(chrome: Browser, address: str, shown_house: House, scene: Scene, code: str) -> None:
    async with opened(chrome, address, code) as seen:
        page, album = seen.page, Album(seen, code, "light")
        await sign_in(page, scene.olga.key)
        vault = f"tenant_id={scene.keys['tenant_id']}&user_id={scene.keys['user_id']}"
        tenant = f"tenant_id={tenant_of(await owner(shown_house))}"
        added = set[tuple[str, str]]()

        async def done(section: str, action: str, keys: str, **fields: str) -> None:
            await page.goto(f"/console/{section}/act/{action}?{keys}")
            for name, value in fields.items():
                await page.locator(f"#field-{name}").fill(value)
            await page.locator(SUBMIT).click()
            await expect(page.locator("#notice:not(:empty)")).to_be_visible()
            added.add((section, action))
            await album.add(f"{section}-{action}-result")

        await done("operators", "create", "scopes=read", name="Ola")
        await done("vaults", "request-erasure", vault)
        await album.visit("vaults-item-erasing", f"/console/vaults/item?{vault}")
        await done("tenants", "request-erasure", tenant)
        confirmation = await page.locator("dd .secret").first.inner_text()
        await album.visit("tenants-item-erasing", f"/console/tenants/item?{tenant}")
        await scene.sql.execute(CONFIRMABLE, tenant.removeprefix("tenant_id="))
        await done("tenants", "confirm-erasure", tenant, confirmation=confirmation)
        await album.visit("tenants-item-erased", f"/console/tenants/item?{tenant}")
        assert added == with_results(shown_house.app)
        assert album.wrong == []


def with_results(app: Litestar) -> set[tuple[str, str]]:
    plans = part_of(app, Catalogue).values()
    return {(plan.name, name) for plan in plans for name, each in plan.actions.items() if each.action.result}


@pytest.mark.parametrize("code", CODES)
async def test_every_error(chrome: Browser, address: str, shown_house: House, scene: Scene, code: str) -> None:
    reader = await appointed(scene.sql, shown_house.client, "read")
    async with opened(chrome, address, code) as seen:
        page, album = seen.page, Album(seen, code, "light")
        await album.add("sign-in")
        for name in ("refused", "refused-again", "refused-thrice", "429"):
            await page.locator("#credential").fill("guessed")
            async with page.expect_navigation():
                await page.keyboard.press("Enter")
            if name in ("refused", "429"):
                await album.add(f"sign-in-{name}")
        await scene.sql.execute(FORGIVE)

        await sign_in(page, reader.key)
        await album.visit("403", "/console/operators/act/create", 403)
        await page.context.clear_cookies()
        await page.goto("/console")
        await sign_in(page, scene.olga.key)
        await album.visit("404", "/console/none", 404)
        await album.visit(
            "404-of-an-object", "/console/tenants/item?tenant_id=00000000-0000-4000-8000-000000000000", 404
        )
        await album.visit("nothing-found", "/console/tenants?q=nobody")
        await album.visit("wrong-page", "/console/tenants?cursor=made-up", 422)
        await wrong_form(album, scene)
        await scene.sql.execute("UPDATE console_sessions SET authenticated_at = now() - interval '2 hours'")
        await album.visit("sign-in-again", f"/console/tenants/act/request-erasure?tenant_id={scene.keys['tenant_id']}")
        await expect(page.locator("#credential")).to_be_visible()
        assert album.wrong == []


async def test_each_kind_of_page_in_the_dark(chrome: Browser, address: str, shown_house: House, scene: Scene) -> None:
    async with opened(chrome, address, scheme="dark") as seen:
        page, album = seen.page, Album(seen, "en", "dark")
        await album.add("sign-in")
        await sign_in(page, scene.olga.key)
        kinds = {place.kind: place for place in places(shown_house.app, scene.keys)}
        for name, _, path in kinds.values():
            await album.visit(name, path)
        await album.visit("overview", "/console/overview")
        await album.visit("404", "/console/none", 404)
        await wrong_form(album, scene)
        await page.goto("/console/operators/act/create?scopes=read")
        await page.locator("#field-name").fill("Ola")
        await page.locator(SUBMIT).click()
        await expect(page.locator("dd .secret")).to_be_visible()
        await album.add("result")
        assert album.wrong == []


async def wrong_form(album: Album, scene: Scene) -> None:
    await album.page.goto(f"/console/tenants/act/quotas?tenant_id={scene.keys['tenant_id']}")
    await album.page.locator("#field-idea_quota").fill("many")
    await album.page.locator(SUBMIT).click()
    await expect(album.page.locator("#errors")).to_be_focused()
    await album.add("wrong-field")

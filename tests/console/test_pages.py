"""Pages of sections and of objects, which show responses of the admin API."""

from tests.admin.operators import tenant_of
from tests.application import House
from tests.console.conftest import SignedInWith


async def test_tenants_are_listed_with_a_link_to_each(console: House, signed_in: SignedInWith) -> None:
    ada = console.creator()
    await ada.idea()
    browser = await signed_in("read")

    page = await browser.get(f"/console/tenants?external_id={ada.user_id}")

    assert page.status_code == 200, page.text
    assert f'href="/console/tenants/item?tenant_id={tenant_of(ada)}"' in page.text
    assert "1 in all" in page.text
    page = await browser.get(f"/console/tenants/item?tenant_id={tenant_of(ada)}")
    assert page.status_code == 200, page.text


async def test_a_tenant_is_suspended(console: House, signed_in: SignedInWith) -> None:
    ada = console.creator()
    await ada.idea()
    browser = await signed_in("read", "manage")
    path = f"/console/tenants/act/suspend?tenant_id={tenant_of(ada)}"

    done = await browser.submit(path, "/console/tenants/act/suspend")

    assert done.status_code == 303, done.text
    page = await browser.get(done.headers["location"])
    assert "The tenant is suspended." in page.text
    assert "act/resume" in page.text

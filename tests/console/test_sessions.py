"""Signing in and out of the console."""

from tests.admin.operators import Appoint
from tests.console.browserless import Browserless

COOKIE = "creatorvault-console"


async def test_a_key_is_exchanged_for_a_session(browser: Browserless, appoint: Appoint) -> None:
    operator = await appoint("read")

    answer = await browser.sign_in(operator.key)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert operator.key not in str(answer.headers)
    [cookie] = [value for value in answer.headers.get_list("set-cookie") if value.startswith(f"{COOKIE}=")]
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=1200"} <= set(cookie.split("; "))

"""Signing in and out of the console, and what holds a session."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import asyncpg
import httpx
import pytest
from msgspec.structs import replace

from creatorvault.asgi import create_app
from creatorvault.audit.chain import SERVICE
from creatorvault.console.parts import ConsoleParts
from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings
from tests.admin.operators import Appoint
from tests.application import House
from tests.console.browserless import SIGN_IN, Browserless
from tests.console.conftest import SignedInWith
from tests.console.pages import FRESH, PAGE

COOKIE = "creatorvault-console"
SIGN_OUT = "/console/sign-out"
SIGN_OUT_EVERYWHERE = "/console/sign-out-everywhere"


def is_sent_to_sign_in(answer: httpx.Response, following: str | None = None) -> bool:
    expected = SIGN_IN if following is None else str(httpx.URL(SIGN_IN, params={"next": following}))
    sent = httpx.URL(answer.headers["location"])
    return answer.status_code == 303 and (sent.path, sent.params) == (SIGN_IN, httpx.URL(expected).params)


async def last_event(sql: asyncpg.Connection) -> tuple[str, str, str, str]:
    """The verb, actor, outcome and targets of the newest event of the service's chain."""
    row = await sql.fetchrow(
        "SELECT verb, actor, outcome, targets FROM audit_events WHERE tenant_id = $1 ORDER BY sequence DESC LIMIT 1",
        SERVICE,
    )
    return tuple(row)


def sign_out_form(page: httpx.Response) -> dict[str, str]:
    """Every page has the token of its session."""
    return {"form_token": page.text.partition('name="form_token" value="')[2].partition('"')[0]}


async def test_a_key_is_exchanged_for_a_session(
    browser: Browserless, appoint: Appoint, database: asyncpg.Connection
) -> None:
    operator = await appoint("read", "keys")

    answer = await browser.sign_in(operator.key)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert operator.key not in str(answer.headers)
    [cookie] = [value for value in answer.headers.get_list("set-cookie") if value.startswith(f"{COOKIE}=")]
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=1200"} <= set(cookie.split("; "))
    page = await browser.get(PAGE)
    assert page.status_code == 200
    assert f"<p>operator:{operator.id}</p><p>keys,read</p>" in page.text
    assert (await last_event(database))[:3] == ("console.signed_in", f"operator:{operator.id}", "done")


async def test_the_database_has_only_hashes_of_a_session(signed_in: SignedInWith, database: asyncpg.Connection) -> None:
    browser = await signed_in("read")
    secret = browser.cookies[COOKIE]

    row = await database.fetchrow("SELECT * FROM console_sessions WHERE id = $1", sha256(secret.encode()).digest())

    assert row is not None
    assert (row["expires_at"] - row["authenticated_at"]).total_seconds() == pytest.approx(1200, abs=60)
    assert secret not in str(dict(row))
    assert browser.address not in str(dict(row))


async def test_without_a_session_pages_lead_to_sign_in_and_back(browser: Browserless, appoint: Appoint) -> None:
    operator, wanted = await appoint("read"), f"{PAGE}?q=a%26b&sort=ideas"

    answer = await browser.get(wanted)
    assert is_sent_to_sign_in(answer, wanted)

    form = await browser.get(answer.headers["location"])
    answer = await browser.submit(form, SIGN_IN, {"credential": f" {operator.key}\n"})
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.org/console",
        "//example.org/console",
        "/\\example.org",
        "/console/../api/v1/admin/status",
        "/console/%2e%2e/docs",
        "/console//example.org",
        "/consoles",
        "/console\r\nSet-Cookie: a=b",
        "/console?q=\\",
        "javascript:alert(1)",
        "/console/" + "a" * 5000,
        "",
    ],
)
async def test_no_redirect_leads_elsewhere(browser: Browserless, appoint: Appoint, elsewhere: str) -> None:
    operator = await appoint("read")

    answer = await browser.sign_in(operator.key, elsewhere)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")


async def test_sign_out_ends_the_session(console: House, signed_in: SignedInWith, database: asyncpg.Connection) -> None:
    browser = await signed_in("read")
    secret, form = browser.cookies[COOKIE], sign_out_form(await browser.get(PAGE))

    answer = await browser.send(SIGN_OUT, form)

    assert is_sent_to_sign_in(answer)
    assert COOKIE not in browser.cookies
    assert (await last_event(database))[0] == "console.signed_out"
    browser.cookies.set(COOKIE, secret, domain="creatorvault.test")
    assert is_sent_to_sign_in(await browser.get(PAGE), PAGE)
    assert COOKIE not in browser.cookies, "a cookie that opens nothing is forgotten"


async def test_sign_out_everywhere_ends_every_session_of_the_operator(
    console: House, appoint: Appoint, signed_in: SignedInWith, database: asyncpg.Connection
) -> None:
    operator, other = await appoint("read"), await signed_in("read")
    here, there = Browserless(console.app), Browserless(console.app)
    for browser in (here, there):
        await browser.sign_in(operator.key)

    answer = await here.send(SIGN_OUT_EVERYWHERE, sign_out_form(await here.get(PAGE)))

    assert is_sent_to_sign_in(answer)
    verb, actor, _, targets = await last_event(database)
    assert (verb, actor) == ("console.signed_out_everywhere", f"operator:{operator.id}")
    assert '"sessions": "2"' in targets
    assert is_sent_to_sign_in(await there.get(PAGE), PAGE)
    assert (await other.get(PAGE)).status_code == 200


async def test_a_session_ends_after_its_time_however_much_it_is_used(
    signed_in: SignedInWith, database: asyncpg.Connection
) -> None:
    browser = await signed_in("read")
    hashed = sha256(browser.cookies[COOKIE].encode()).digest()
    assert (await browser.get(PAGE)).status_code == 200
    assert await database.execute("UPDATE console_sessions SET expires_at = now() WHERE id = $1", hashed) == "UPDATE 1"

    assert is_sent_to_sign_in(await browser.get(PAGE), PAGE)
    assert not await database.fetch("SELECT FROM console_sessions WHERE id = $1", hashed)


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_a_session_ends_with_the_operators_key(
    browser: Browserless, appoint: Appoint, database: asyncpg.Connection, column: str
) -> None:
    operator = await appoint("read")
    await browser.sign_in(operator.key)

    await database.execute(f"UPDATE operators SET {column} = now() WHERE id = $1", operator.id)

    assert is_sent_to_sign_in(await browser.get(PAGE), PAGE)


async def test_a_session_has_the_scopes_that_the_operator_has_now(
    browser: Browserless, appoint: Appoint, database: asyncpg.Connection
) -> None:
    operator = await appoint("read", "keys")
    await browser.sign_in(operator.key)

    await database.execute("UPDATE operators SET scopes = '{manage}' WHERE id = $1", operator.id)

    assert "<p>manage</p>" in (await browser.get(PAGE)).text


async def test_an_id_from_before_the_sign_in_is_not_kept(
    console: House, browser: Browserless, appoint: Appoint, database: asyncpg.Connection
) -> None:
    """Session fixation: an id that somebody else knows would let him in."""
    operator, planted = await appoint("read"), "an-id-that-somebody-has-planted"
    browser.cookies.set(COOKIE, planted, domain="creatorvault.test")

    await browser.sign_in(operator.key)

    first = browser.cookies[COOKIE]
    assert first != planted
    await browser.sign_in(operator.key)
    assert browser.cookies[COOKIE] not in (planted, first)
    for known in (planted, first):
        hashed = sha256(known.encode()).digest()
        assert not await database.fetch("SELECT FROM console_sessions WHERE id = $1", hashed)


@pytest.mark.parametrize("elsewhere", ["another address", "another browser"])
async def test_a_stolen_cookie_is_refused_and_ends_the_session(
    console: House, signed_in: SignedInWith, database: asyncpg.Connection, elsewhere: str
) -> None:
    browser = await signed_in("read")
    same = {"address": browser.address} if elsewhere == "another browser" else {"user_agent": browser.user_agent}
    different = {"user_agent": "curl/8.5.0"} if elsewhere == "another browser" else {}
    thief = Browserless(console.app, **same, **different)
    thief.cookies.set(COOKIE, browser.cookies[COOKIE])

    assert is_sent_to_sign_in(await thief.get(PAGE), PAGE)

    verb, actor, outcome, _ = await last_event(database)
    assert (verb, actor[:9], outcome) == ("console.session_refused", "operator:", "refused")
    assert is_sent_to_sign_in(await browser.get(PAGE), PAGE), "the operator learns of it"


async def test_guessed_cookies_are_counted_by_the_address(
    house_with: Callable[..., Awaitable[House]], environ: dict[str, str]
) -> None:
    house = await house_with(CREATORVAULT_CONSOLE__ENABLED="true", CREATORVAULT_LIMITS__ADDRESS_REQUESTS="3")
    browser = Browserless(house.app)
    statuses = []
    for number in range(5):
        browser.cookies.set(COOKIE, f"guess-{number}", domain="creatorvault.test")
        statuses.append((await browser.get(SIGN_IN)).status_code)
        browser.cookies.clear()

    assert statuses == [200, 200, 200, 429, 429]


async def test_what_needs_a_fresh_sign_in_asks_for_it(
    browser: Browserless, appoint: Appoint, database: asyncpg.Connection
) -> None:
    operator, wanted = await appoint("read"), f"{FRESH}?tenant_id=7"
    await browser.sign_in(operator.key)
    form = await browser.get(wanted)
    assert form.status_code == 200
    before = browser.cookies[COOKIE]
    await database.execute(
        "UPDATE console_sessions SET authenticated_at = now() - interval '300 seconds' WHERE id = $1",
        sha256(before.encode()).digest(),
    )

    assert (await browser.get(PAGE)).status_code == 200
    assert is_sent_to_sign_in(await browser.get(wanted), wanted)
    answer = await browser.submit(form, FRESH)
    assert is_sent_to_sign_in(answer, FRESH), "a form that has become stale does nothing"

    answer = await browser.sign_in(operator.key, wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
    assert browser.cookies[COOKIE] != before
    assert (await browser.submit(wanted, FRESH)).headers["location"] == f"{PAGE}?word=yes"


async def test_another_operator_cannot_take_over_a_session(
    browser: Browserless, appoint: Appoint, database: asyncpg.Connection
) -> None:
    first, second = await appoint("read"), await appoint("read", "keys")
    await browser.sign_in(first.key)

    answer = await browser.sign_in(second.key, FRESH)

    assert answer.status_code == 403
    assert "Sign out first" in answer.text
    verb, _, _, targets = await last_event(database)
    assert (verb, targets) == ("console.sign_in_refused", '{"reason": "another_person"}')
    assert f"operator:{first.id}" in (await browser.get(PAGE)).text


async def test_a_form_of_one_operator_is_refused_in_the_session_of_another(
    console: House, signed_in: SignedInWith
) -> None:
    first, second = await signed_in("read"), await signed_in("read")
    form = sign_out_form(await first.get(PAGE))

    assert (await second.send(SIGN_OUT, form)).status_code == 403
    assert (await second.get(PAGE)).status_code == 200


async def test_behind_tls_no_other_host_can_set_the_cookie(
    house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection, appoint: Appoint
) -> None:
    house = await house_with(CREATORVAULT_CONSOLE__ENABLED="true", CREATORVAULT_SERVER__BEHIND_TLS="true")
    operator, browser = await appoint("read"), Browserless(house.app, base_url="https://creatorvault.test")

    answer = await browser.sign_in(operator.key)

    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-creatorvault-console")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


async def test_htmx_leaves_the_page_when_the_session_has_ended(browser: Browserless) -> None:
    """It would follow a redirect unseen, and put the form into the table."""
    answer = await browser.get(PAGE, hx_request="true")

    assert answer.status_code == 204
    assert answer.headers["hx-redirect"] == str(httpx.URL(SIGN_IN, params={"next": PAGE}))


async def test_without_a_login_for_operators_there_is_no_console(settings: Settings) -> None:
    """The settings of a service refuse that. Other ways to start it, as `creatorvault shell`, may not look."""
    alone = replace(settings.database, operator_url=None)
    app = create_app(replace(settings, database=alone, console=replace(settings.console, enabled=True)))
    async with app.lifespan():
        answer = await Browserless(app).get(SIGN_IN)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "DATABASE_OPERATOR_URL" in answer.text


async def test_the_console_is_off_by_default(app: Any) -> None:
    assert (await Browserless(app).get(SIGN_IN)).status_code == 404


async def test_a_session_that_two_requests_end_is_recorded_once(
    console: House, signed_in: SignedInWith, database: asyncpg.Connection
) -> None:
    browser = await signed_in("read")
    headers = [(b"user-agent", browser.user_agent.encode())]
    scope: Any = {"type": "http", "client": (browser.address, 1), "headers": headers}
    sessions = part_of(console.app, ConsoleParts).sessions()
    found = await sessions.find(browser.cookies[COOKIE], scope)
    assert found is not None

    await asyncio.gather(sessions.end(found, scope), sessions.end(found, scope))

    actor = found.caller.actor
    verbs = await database.fetch("SELECT verb FROM audit_events WHERE actor = $1 ORDER BY sequence", actor)
    assert [row["verb"] for row in verbs] == ["console.signed_in", "console.signed_out"]

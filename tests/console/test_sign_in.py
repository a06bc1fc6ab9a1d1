"""Who may sign in, and lock-out after refusals."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creatorvault.console.refusals import MOST_ADDRESSES
from tests.admin.operators import Appoint
from tests.application import House, environment_of, open_house
from tests.console.browserless import SIGN_IN, Browserless
from tests.console.pages import FRESH, PAGE, ProofController
from tests.console.test_sessions import last_event
from tests.factories import SECRET, claims_of, token_of
from tests.ports import free_port
from tests.postgres import Cluster, Database

type HouseWith = Callable[..., Awaitable[House]]

TRUSTING = json.dumps([{"name": "accounts", "kind": "shared-secret", "secret": SECRET, "admin_roles": ["admin"]}])
ENABLED = {"CREATORVAULT_CONSOLE__ENABLED": "true"}
WRONG = "cvop_0123456789ab_" + "A" * 43


@pytest.fixture
async def trusting(house_with: HouseWith) -> House:
    """It trusts an issuer that names administrators."""
    house = await house_with(**ENABLED, CREATORVAULT_AUTH__ISSUERS=TRUSTING, BETTER_AUTH_SECRET="")
    house.app.register(ProofController)
    return house


async def test_an_administrator_of_a_trusted_issuer_may_sign_in(trusting: House, database: asyncpg.Connection) -> None:
    browser, claims = Browserless(trusting.app), claims_of("ada") | {"role": "admin"}

    answer = await browser.sign_in(token_of(claims))

    assert answer.status_code == 303
    assert "<p>user:better-auth/ada</p><p>keys,manage," in (await browser.get(PAGE)).text
    assert (await last_event(database))[:2] == ("console.signed_in", "user:better-auth/ada")


async def test_a_session_does_not_outlive_the_token(trusting: House, database: asyncpg.Connection) -> None:
    browser, expires = Browserless(trusting.app), int(time.time()) + 90

    await browser.sign_in(token_of(claims_of("eve") | {"role": "admin", "exp": expires}))

    ends = await database.fetchval("SELECT expires_at FROM console_sessions WHERE actor = 'user:better-auth/eve'")
    assert ends.timestamp() == expires


@pytest.mark.parametrize(
    "changed",
    [
        {"admin_roles": ["owner"]},
        {"admin_roles": []},
        {"secret": SECRET[::-1]},
        {"realm": "another"},
        {"issuer": "https://another.example"},
        {"roles_claim": "roles"},
    ],
    ids=str,
)
async def test_a_session_ends_when_its_token_is_trusted_no_more(
    trusting: House, house_with: HouseWith, changed: dict[str, Any]
) -> None:
    """Every process reads its settings at the start. The sessions are in the database."""
    browser = Browserless(trusting.app)
    await browser.sign_in(token_of(claims_of("una") | {"role": "admin"}))
    assert (await browser.get(PAGE)).status_code == 200
    issuers = json.dumps([json.loads(TRUSTING)[0] | changed])
    later = await house_with(**ENABLED, CREATORVAULT_AUTH__ISSUERS=issuers, BETTER_AUTH_SECRET="")
    same = Browserless(later.app, browser.address)
    same.cookies.update(browser.cookies)

    answer = await same.get("/console/none")

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, SIGN_IN)
    assert (await browser.get(PAGE)).status_code == 303, "it has ended everywhere"


async def test_the_database_has_no_token_that_could_be_used(trusting: House, database: asyncpg.Connection) -> None:
    browser, token = Browserless(trusting.app), token_of(claims_of("uta") | {"role": "admin"})
    await browser.sign_in(token)

    row = await database.fetchrow("SELECT * FROM console_sessions WHERE actor = 'user:better-auth/uta'")

    assert not any(part.encode() in row["token"] for part in token.split("."))


@pytest.mark.parametrize("stored", ["NULL", "token || '\\x00'", "'\\x00'"])
async def test_without_the_token_itself_a_session_ends(
    trusting: House, database: asyncpg.Connection, stored: str
) -> None:
    browser = Browserless(trusting.app)
    await browser.sign_in(token_of(claims_of("ute") | {"role": "admin"}))
    assert (await browser.get(PAGE)).status_code == 200

    await database.execute(f"UPDATE console_sessions SET token = {stored} WHERE actor = 'user:better-auth/ute'")

    assert (await browser.get(PAGE)).status_code == 303


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({}, "administrator"),
        ({"role": "user"}, "administrator"),
        ({"role": "admin", "exp": 1}, "expired"),
        ({"role": "admin", "banned": True}, "not accepted"),
    ],
    ids=str,
)
async def test_other_tokens_open_nothing(trusting: House, claims: dict[str, Any], said: str) -> None:
    browser = Browserless(trusting.app)

    answer = await browser.sign_in(token_of(claims_of("ada") | claims))

    assert answer.status_code == 403
    assert said in answer.text


@pytest.mark.parametrize("credential", ["", "secret", WRONG, "cvop_", "a.b.c", "x" * 9000])
async def test_no_other_credential_opens_anything(browser: Browserless, credential: str) -> None:
    answer = await browser.sign_in(credential)

    assert answer.status_code == 403
    assert "not accepted" in answer.text
    assert "creatorvault-console" not in browser.cookies


@pytest.mark.parametrize(("column", "said"), [("revoked_at", "revoked"), ("expires_at", "expired")])
async def test_a_key_that_holds_no_more_says_so(
    browser: Browserless, appoint: Appoint, database: asyncpg.Connection, column: str, said: str
) -> None:
    operator = await appoint("read")
    await database.execute(f"UPDATE operators SET {column} = now() WHERE id = $1", operator.id)

    answer = await browser.sign_in(operator.key)

    assert answer.status_code == 403
    assert said in answer.text
    verb, actor, outcome, targets = await last_event(database)
    assert (verb, actor, outcome) == ("console.sign_in_refused", "service", "refused")
    assert said in targets


async def test_after_three_refusals_an_address_has_to_wait(
    console: House, browser: Browserless, appoint: Appoint, database: asyncpg.Connection
) -> None:
    operator = await appoint("read")
    for _ in range(3):
        assert (await browser.sign_in(WRONG)).status_code == 403

    answer = await browser.sign_in(operator.key)

    assert answer.status_code == 429
    assert 290 <= int(answer.headers["retry-after"]) <= 300
    assert "creatorvault-console" not in browser.cookies
    elsewhere = Browserless(console.app)
    assert (await elsewhere.sign_in(operator.key)).status_code == 303, "others are not locked out"
    await database.execute("UPDATE console_refusals SET since = since - interval '300 seconds'")
    assert (await browser.sign_in(operator.key)).status_code == 303
    assert (await browser.sign_in(WRONG)).status_code == 403, "a new count has begun"


async def test_sign_ins_that_succeed_are_not_counted(browser: Browserless, appoint: Appoint) -> None:
    operator = await appoint("read")

    assert [(await browser.sign_in(operator.key)).status_code for _ in range(5)] == [303] * 5


async def test_many_at_once_are_no_more_than_one_after_the_other(browser: Browserless) -> None:
    form = await browser.get(SIGN_IN)

    answers = await asyncio.gather(*[browser.submit(form, SIGN_IN, {"credential": WRONG}) for _ in range(10)])

    assert sorted(answer.status_code for answer in answers) == [403] * 3 + [429] * 7


async def test_all_processes_count_together(console: House, house_with: HouseWith, appoint: Appoint) -> None:
    other = await house_with(**ENABLED)
    operator, here = await appoint("read"), Browserless(console.app)
    there = Browserless(other.app, address=here.address)
    for browser in (here, there, here):
        assert (await browser.sign_in(WRONG)).status_code == 403

    assert (await there.sign_in(operator.key)).status_code == 429


async def test_the_number_of_remembered_addresses_is_bounded(
    browser: Browserless, database: asyncpg.Connection
) -> None:
    await database.execute(
        "INSERT INTO console_refusals SELECT int4send(n), now() - interval '1 hour', 1"
        " FROM generate_series(1, $1) AS n",
        MOST_ADDRESSES + 50,
    )

    await browser.sign_in(WRONG)

    assert await database.fetchval("SELECT count(*) FROM console_refusals") == MOST_ADDRESSES
    assert await database.fetchval(
        "SELECT max(failures) FROM console_refusals WHERE since > now() - interval '1 minute'"
    )


async def test_a_token_that_cannot_be_verified_now_is_not_counted(house_with: HouseWith) -> None:
    key = Ed25519PrivateKey.generate()
    claims = claims_of("ada") | {"role": "admin", "iss": "https://accounts.example.org", "aud": "console"}
    away = {"name": "away", "kind": "jwks", "issuer": claims["iss"], "audiences": ["console"], "admin_roles": ["admin"]}
    issuers = json.dumps([away | {"algorithms": ["EdDSA"], "jwks_url": f"http://127.0.0.1:{free_port()}/jwks"}])
    house = await house_with(**ENABLED, CREATORVAULT_AUTH__ISSUERS=issuers, BETTER_AUTH_SECRET="")
    browser, token = Browserless(house.app), jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": "1"})

    answers = [await browser.sign_in(token) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [503] * 5
    assert answers[0].headers["content-type"].startswith("text/html")
    assert "retry-after" in answers[0].headers


async def test_without_its_database_the_console_says_so(fresh_database: Database, home: Path, cluster: Cluster) -> None:
    environ = environment_of(fresh_database, home) | ENABLED
    async with open_house(environ, fresh_database) as house:
        browser = Browserless(house.app)
        form = await browser.get(SIGN_IN)
        cluster.run(f'ALTER DATABASE "{fresh_database.name}" ALLOW_CONNECTIONS false')

        answer = await browser.submit(form, SIGN_IN, {"credential": WRONG})

        assert answer.status_code == 503
        assert answer.headers["content-type"].startswith("text/html")


async def test_a_token_is_as_fresh_as_its_issue(trusting: House) -> None:
    """Otherwise an old one that somebody has found would do for what needs a fresh sign-in."""
    now = int(time.time())
    browser, claims = Browserless(trusting.app), claims_of("ida") | {"role": "admin"}
    old, new = token_of(claims | {"iat": now - 400}), token_of(claims | {"iat": now - 10})
    assert (await browser.sign_in(old)).status_code == 303
    assert (await browser.get(PAGE)).status_code == 200
    assert (await browser.get(FRESH)).status_code == 303

    answer = await browser.sign_in(old, FRESH)
    assert (answer.status_code, "too long ago" in answer.text) == (403, True)

    assert (await browser.sign_in(new, FRESH)).headers["location"] == FRESH
    assert (await browser.get(FRESH)).status_code == 200

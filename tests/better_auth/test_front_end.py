"""The front end of `docs/front-end.md`, from Better Auth's sign-in to the first idea, in Node and in a browser."""

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, Request, Route

from tests.better_auth.conftest import Start
from tests.better_auth.driver import PASSWORD, BetterAuth
from tests.browser import chromium
from tests.factories import claims_of, token_of
from tests.faults.service import Service
from tests.postgres import Cluster, Database
from tests.wire import Wire, wire_to

WRITES_IN_A_MINUTE = 12


@pytest.fixture(scope="module")
def vaults(cluster: Cluster) -> Generator[Database]:
    vaults = cluster.clone(f"front_end_{uuid4().hex}")
    yield vaults
    cluster.drop(vaults)


@pytest.fixture(scope="module")
async def wire(vaults: Database) -> AsyncGenerator[Wire]:
    """The wire between the service and its database."""
    async with wire_to(vaults) as wire:
        yield wire


@pytest.fixture(scope="module")
async def service(
    better_auth_with: Start, vaults: Database, wire: Wire, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[str]:
    """Runs CreatorVault, configured for Better Auth and the origin of the front end; yields its address."""
    better_auth = better_auth_with()
    service = Service(
        tmp_path_factory.mktemp("service"),
        wire.url,
        vaults.owner_url,
        ALLOWED_ORIGINS=better_auth.url,
        CREATORVAULT_LIMITS__IDENTITY_WRITES=str(WRITES_IN_A_MINUTE),
        **better_auth.environ,
    )
    await service.start()
    address = f"http://127.0.0.1:{service.port}"
    better_auth.settings["CREATORVAULT_URL"] = address
    better_auth.restart()
    yield address
    await service.stop()


@pytest.fixture
def better_auth(better_auth_with: Start, service: str) -> BetterAuth:
    return better_auth_with()


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def page(browser: Browser, better_auth: BetterAuth) -> AsyncGenerator[Page]:
    """The front end, on the origin of Better Auth, without cookies."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(better_auth.url)
    yield page
    await context.close()


def person() -> dict[str, str]:
    return {"name": "Ada", "email": f"{uuid4()}@example.org", "password": PASSWORD}


async def assert_arrived(journey: dict[str, Any], service: str) -> None:
    """Checks the result of the front end, and that another client finds the idea, too."""
    user_id, idea = journey["userId"], journey["idea"]
    assert journey["userIdAgain"] == user_id
    assert (idea["title"], idea["stage"], idea["tags"]) == ("Straßenbahn etiquette", "outline", ["first"])
    assert journey["found"] == [idea]
    assert list(journey["mistakes"]) == ["title", "due_date"]
    assert journey.get("none") is None
    assert (journey["changed"]["id"], journey["changed"]["priority"]) == (idea["id"], "high")
    assert (journey["stale"]["status"], journey["missing"]["status"]) == (412, 404)
    assert journey["missing"]["correlationId"]
    assert journey["signedOut"] is True
    assert journey["total"] == 2

    headers = {"Authorization": f"Bearer {token_of(claims_of(user_id))}"}
    async with httpx.AsyncClient(base_url=service, headers=headers, trust_env=False) as client:
        answer = await client.get(f"/api/v1/{user_id}/ideas", params={"search": "strasse"})
    assert [found["id"] for found in answer.json()["items"]] == [idea["id"]]


async def test_a_user_signs_up_and_stores_a_first_idea_in_node(
    better_auth: BetterAuth, guide_project: Path, service: str
) -> None:
    node = await asyncio.create_subprocess_exec(
        *("node", "node.js", service, *person().values()),
        cwd=guide_project,
        env={"PATH": os.environ["PATH"], "BETTER_AUTH_URL": better_auth.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaints = await node.communicate()

    assert node.returncode == 0, complaints.decode()
    await assert_arrived(json.loads(told), service)


async def test_a_user_signs_up_and_stores_a_first_idea_in_a_browser(page: Page, service: str) -> None:
    await assert_arrived(await page.evaluate("given => journey(...given)", [service, person()]), service)


async def test_a_front_end_continues_with_a_new_token_after_a_401(page: Page, service: str) -> None:
    """Three concurrent requests with a refused token: one new token is fetched, and none of them fails."""
    refused: set[str] = set()
    tokens: list[str] = []

    async def spoil(route: Route) -> None:
        headers = await route.request.all_headers()
        if route.request.url not in refused:
            refused.add(route.request.url)
            headers["authorization"] = headers["authorization"][:-8] + "AAAAAAAA"
        await route.continue_(headers=headers)

    def note(request: Request) -> None:
        if request.url.endswith("/api/auth/token"):
            tokens.append(request.url)

    user_id = await page.evaluate("signUp", person())
    await page.evaluate("given => ideasOf(...given).list()", [service, user_id])
    await asyncio.sleep(1.1)  # two tokens of one second are equal, so a new one would seem to be the refused one
    await page.route(f"{service}/**", spoil)
    page.on("request", note)
    pages = await page.evaluate(
        "given => Promise.all([1, 2, 3].map(limit => ideasOf(...given).list({limit})))", [service, user_id]
    )

    assert [answer["limit"] for answer in pages] == [1, 2, 3]
    assert len(refused) == 3
    assert len(tokens) == 1


async def test_a_front_end_waits_as_long_as_a_503_says_and_stores_once(page: Page, service: str, wire: Wire) -> None:
    statuses: list[int] = []
    times: list[float] = []

    async def break_once(route: Route) -> None:
        if not statuses:
            await wire.cut()
        elif len(statuses) == 1:
            await wire.mend()
        times.append(time.monotonic())
        answer = await route.fetch()
        statuses.append(answer.status)
        await route.fulfill(response=answer)

    user_id = await page.evaluate("signUp", person())
    await page.evaluate("given => ideasOf(...given).list()", [service, user_id])
    await page.route(f"{service}/**", break_once)
    await page.evaluate("given => ideasOf(...given).create({title: 'Once'})", [service, user_id])
    listed = await page.evaluate("given => ideasOf(...given).list()", [service, user_id])

    assert (statuses[0], statuses[-2:]) == (503, [201, 200])
    assert times[1] - times[0] >= 1, "Retry-After is 1"
    assert listed["total"] == 1


async def test_a_front_end_reports_when_a_rate_limit_is_reset(page: Page, service: str) -> None:
    user_id = await page.evaluate("signUp", person())

    refusal = await page.evaluate(
        """given => refusal((async () => { for (;;) await ideasOf(...given).create({title: 'Again'}) })())""",
        [service, user_id],
    )

    assert refusal["status"] == 429
    assert 5 < refusal["retryAfter"] <= 60


async def test_a_route_handler_of_next_lists_the_users_ideas(page: Page, service: str) -> None:
    nobody = await page.evaluate("async () => (await fetch('/api/ideas')).status")
    user_id = await page.evaluate("signUp", person())
    await page.evaluate("given => ideasOf(...given).create({title: 'Seen by the server'})", [service, user_id])

    answer = await page.evaluate("async () => (await fetch('/api/ideas')).json()")

    assert nobody == 401
    assert [idea["title"] for idea in answer["items"]] == ["Seen by the server"]

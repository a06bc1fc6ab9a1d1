"""The headers of every response, including server errors."""

import re
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.application import House
from tests.contract.headers import assert_every_header
from tests.factories import Creator

FRONT_END = "http://localhost:3000"
EXPOSED = {"x-correlation-id", "etag", "location", "retry-after"}


@pytest.mark.parametrize("path", ["/", "/health", "/health/db", "/health/ready", "/openapi.json", "/nowhere"])
async def test_public_pages_carry_every_header(client: httpx.AsyncClient, path: str) -> None:
    assert_every_header(await client.get(path))


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_documentation_page_has_its_own_policy(client: httpx.AsyncClient, page: str) -> None:
    policy = (await client.get(page)).headers["content-security-policy"]

    assert policy.startswith(("default-src 'self'", "default-src 'none'"))
    assert "http" not in policy


async def test_every_status_of_an_idea_carries_every_header(ada: Creator) -> None:
    created = await ada.post({"title": "x"})
    idea = created.json()
    answers = {
        201: created,
        200: await ada.get(idea),
        204: await ada.delete(idea),
        401: await ada.client.get(ada.url),
        403: await ada.request("GET", "/api/v1/eve/ideas"),
        404: await ada.get(idea),
        405: await ada.request("DELETE", ada.url),
        413: await ada.post({"title": "x" * 100_000}),
        422: await ada.post({}),
    }

    for status, answer in answers.items():
        assert answer.status_code == status
        assert_every_header(answer)


async def test_a_server_error_carries_every_header(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    grace = fresh_house.creator()
    await grace.idea()
    await fresh_sql.execute("ALTER TABLE ideas RENAME TO mislaid")
    answer = await grace.list(headers={"Origin": FRONT_END})

    assert answer.status_code == 500
    assert_every_header(answer)
    assert answer.headers["access-control-allow-origin"] == FRONT_END


@pytest.mark.parametrize("method", ["GET", "POST", "GET one", "PUT one", "PATCH one", "DELETE one"])
async def test_responses_with_ideas_are_not_cached(ada: Creator, method: str) -> None:
    verb, *one = method.split()
    url = ada.url_of(await ada.idea()) if one else ada.url
    answer = await ada.request(verb, url, json={"title": "x"})

    assert answer.is_success
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("given", ["0f2d7a3e-5b1c-4c77-9a60-3d2f8e1b4a95", "0123456789abcdef", "req-1.2_3"])
async def test_a_correlation_id_is_kept(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/health", headers={"X-Correlation-ID": given})

    assert answer.headers["x-correlation-id"] == given


@pytest.mark.parametrize("given", ["", " ", "x" * 1000, 'x"y', "a b", "a\tb", "<script>", "\u00e9"])
async def test_a_malformed_correlation_id_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/health", headers={b"X-Correlation-ID": given.encode()})

    assert UUID(answer.headers["x-correlation-id"])


async def test_two_requests_have_two_correlation_ids(client: httpx.AsyncClient) -> None:
    first, second = await client.get("/health"), await client.get("/health")

    assert first.headers["x-correlation-id"] != second.headers["x-correlation-id"]


async def test_strict_transport_security_is_sent_only_behind_tls(
    client: httpx.AsyncClient, house_with: Callable[..., Awaitable[House]]
) -> None:
    behind_tls = await house_with(CREATORVAULT_SERVER__BEHIND_TLS="true")

    assert "strict-transport-security" not in (await client.get("/health")).headers
    assert (await behind_tls.client.get("/health")).headers["strict-transport-security"].startswith("max-age=")
    assert (await behind_tls.client.get("/nowhere")).headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/api/v1/users/me"])
async def test_the_front_end_may_read_responses(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Origin": FRONT_END})

    assert answer.headers["access-control-allow-origin"] == FRONT_END
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "origin" in answer.headers["vary"].lower()
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert exposed >= EXPOSED
    assert any(name.startswith("ratelimit") for name in exposed)


async def test_the_front_end_may_read_a_413(ada: Creator) -> None:
    answer = await ada.post({"title": "x" * 100_000}, headers={"Origin": FRONT_END})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (413, FRONT_END)


@pytest.mark.parametrize("origin", ["http://localhost:3001", "https://localhost:3000", "http://evil.example", "null"])
async def test_other_origins_may_not_read_responses(client: httpx.AsyncClient, origin: str) -> None:
    answer = await client.get("/health", headers={"Origin": origin})

    assert answer.headers.get("access-control-allow-origin") != origin
    assert answer.headers.get("access-control-allow-origin") != "*"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_the_front_end_may_send_preflights(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.options(
        "/api/v1/ada/ideas",
        headers={
            "Origin": FRONT_END,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,x-correlation-id,if-match,idempotency-key",
        },
    )

    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == FRONT_END
    assert answer.headers["access-control-max-age"] == "600"
    assert (
        method in answer.headers["access-control-allow-methods"]
        or answer.headers["access-control-allow-methods"] == "*"
    )
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "x-correlation-id"} <= allowed


async def test_origins_come_from_the_environment(house_with: Callable[..., Awaitable[House]]) -> None:
    house = await house_with(ALLOWED_ORIGINS="https://app.example.org/, http://localhost:4000")

    for origin in ("https://app.example.org", "http://localhost:4000"):
        answer = await house.client.get("/health", headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
    answer = await house.client.get("/health", headers={"Origin": FRONT_END})
    assert "access-control-allow-origin" not in answer.headers


async def test_every_response_varies_by_origin(ada: Creator, house_with: Callable[..., Awaitable[House]]) -> None:
    """So that no cache serves a response for another origin, or for none (Fetch Standard, CORS protocol)."""
    idea = await ada.idea()
    asset = re.findall(r"/docs/assets/\w+/docs\.js", (await ada.client.get("/docs")).text)[0]
    for origin in (None, "null", FRONT_END, "https://evil.example"):
        headers = {} if origin is None else {"Origin": origin}
        tag = (await ada.get(idea)).headers["ETag"]
        answers = [
            *[
                await ada.client.get(path, headers=headers)
                for path in ("/", "/docs", "/nowhere", "/health/ready", asset)
            ],
            *[
                await ada.request(method, ada.url_of(idea), headers=headers)
                for method in ("GET", "HEAD", "POST", "OPTIONS")
            ],
            await ada.get(idea, headers=headers | {"If-None-Match": tag}),
            await ada.client.get(ada.url, headers=headers),
            await ada.client.get("//", headers=headers),
            await ada.client.get(f"/{'a' * 5000}", headers=headers),
        ]
        for answer in answers:
            assert "Origin" in answer.headers["vary"].split(", "), (answer.request.url, answer.status_code)
            allowed = answer.headers.get("access-control-allow-origin")
            assert allowed == (FRONT_END if origin == FRONT_END else None)
        kept = await ada.client.get(asset, headers=headers)
        assert kept.headers["vary"] == "Accept-Encoding, Origin"

    everybody = await house_with(ALLOWED_ORIGINS="*", CREATORVAULT_SERVER__ALLOW_CREDENTIALS="false")
    for headers in ({}, {"Origin": "https://a.example"}, {"Origin": "https://a.example", "Cookie": "a=b"}):
        answer = await everybody.client.get("/health", headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "vary" not in answer.headers

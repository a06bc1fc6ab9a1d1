"""The table of errors: the exact body of each."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.application import House
from tests.factories import Creator, claims_of, token_of

pytestmark = pytest.mark.no_cover

SOME_ID = "0f2d7a3e-5b1c-4c77-9a60-3d2f8e1b4a95"
ONE = f"/{SOME_ID}"
FOREIGN = [
    ("POST", "", "Cannot create ideas for other users"),
    ("GET", "", "Cannot access other users' ideas"),
    ("GET", ONE, "Cannot access other users' ideas"),
    ("PUT", ONE, "Cannot update other users' ideas"),
    ("PATCH", ONE, "Cannot update other users' ideas"),
    ("DELETE", ONE, "Cannot delete other users' ideas"),
]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token x", "x"])
@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/x/ideas"])
async def test_a_missing_token_is_401(client: httpx.AsyncClient, path: str, header: str | None) -> None:
    answer = await client.get(path, headers={} if header is None else {"Authorization": header})

    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated", "code": "not_authenticated"})
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "made",
    [
        lambda: "x",
        lambda: "a.b.c",
        lambda: token_of(claims_of("ada"), secret="another-secret-of-thirty-two-bytes-and-more"),
        lambda: token_of(claims_of("ada") | {"exp": 1_000_000_000}),
        lambda: token_of({"sub": "ada"}),
        lambda: token_of(claims_of("")),
        lambda: token_of(claims_of("a\0b")),
        lambda: token_of(claims_of("x" * 256)),
        lambda: f"{token_of(claims_of('ada'))}x",
        lambda: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.",
    ],
)
async def test_a_bad_token_is_401(client: httpx.AsyncClient, made: Callable[[], str]) -> None:
    answer = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {made()}"})

    assert answer.status_code == 401
    assert list(answer.json()) == ["detail", "code"]
    assert answer.json()["detail"].startswith("Could not validate credentials: ")
    assert len(answer.json()["detail"]) > len("Could not validate credentials: ")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "rest", "detail"), FOREIGN)
async def test_another_users_path_is_403(ada: Creator, method: str, rest: str, detail: str) -> None:
    answer = await ada.request(method, f"/api/v1/eve/ideas{rest}", json={"title": "x"})

    assert (answer.status_code, answer.json()) == (403, {"detail": detail, "code": "not_owner"})


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("spelling", [SOME_ID, SOME_ID.upper(), SOME_ID.replace("-", ""), f"urn:uuid:{SOME_ID}"])
async def test_an_unknown_idea_is_404(ada: Creator, method: str, spelling: str) -> None:
    answer = await ada.request(method, ada.url_of(spelling), json={"title": "x"})

    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": f"Idea {SOME_ID} not found", "code": "idea_not_found"},
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_another_users_idea_under_ones_own_path_is_404(house: House, ada: Creator, method: str) -> None:
    eve = house.creator()
    idea = await eve.idea()

    answer = await ada.request(method, ada.url_of(idea), json={"title": "stolen"})

    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": f"Idea {idea['id']} not found", "code": "idea_not_found"},
    )
    assert (await eve.get(idea)).json() == idea


@pytest.mark.parametrize("spelling", ["{%s}", "urn:uuid:%s", "%s"])
@pytest.mark.parametrize("written", [str.upper, str.lower, lambda text: text.replace("-", "")])
async def test_every_spelling_of_a_uuid_finds_the_idea(ada: Creator, spelling: str, written: Any) -> None:
    idea = await ada.idea()

    answer = await ada.get(spelling % written(idea["id"]))

    assert (answer.status_code, answer.json()) == (200, idea)


@pytest.mark.parametrize("idea_id", ["1", "no-uuid", "null", f"{SOME_ID}0", SOME_ID[:-1], f"g{SOME_ID[1:]}"])
async def test_a_malformed_id_is_422(ada: Creator, idea_id: str) -> None:
    answer = await ada.get(idea_id)

    assert answer.status_code == 422
    assert [(error["type"], error["loc"]) for error in answer.json()["detail"]] == [
        ("uuid_parsing", ["path", "idea_id"])
    ]


@pytest.mark.parametrize("path", ["/nowhere", "/api", "/api/v1", "/api/v1/users", "/api/v2/ada/ideas", "/health/x"])
async def test_an_unknown_route_is_404(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found", "code": "not_found"})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", {"GET"}),
        ("POST", "/health", {"GET"}),
        ("PUT", "/health/db", {"GET"}),
        ("DELETE", "/health/ready", {"GET"}),
        ("POST", "/api/v1/users/me", {"GET", "DELETE"}),
        ("DELETE", "/api/v1/x/ideas", {"GET", "POST"}),
        ("PUT", "/api/v1/x/ideas", {"GET", "POST"}),
        ("POST", f"/api/v1/x/ideas/{SOME_ID}", {"GET", "PUT", "PATCH", "DELETE"}),
    ],
)
async def test_an_unknown_method_is_405(client: httpx.AsyncClient, method: str, path: str, allowed: set[str]) -> None:
    answer = await client.request(method, path)

    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed", "code": "method_not_allowed"})
    assert set(answer.headers["allow"].replace(" ", "").split(",")) - {"OPTIONS", "HEAD"} == allowed


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_body_over_the_limit_is_413(ada: Creator, method: str) -> None:
    url = ada.url if method == "POST" else ada.url_of(await ada.idea())
    answer = await ada.request(method, url, json={"title": "x", "ignored": "x" * 98_304})

    assert answer.status_code == 413
    assert list(answer.json()) == ["detail", "code"]
    assert isinstance(answer.json()["detail"], str)


async def test_a_body_over_the_limit_is_not_read_completely(ada: Creator) -> None:
    sent = 0

    async def body() -> Any:
        nonlocal sent
        while sent < 10_000_000:
            sent += 10_000
            yield b" " * 10_000

    answer = await ada.post(content=body(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert sent <= 120_000


async def test_a_body_at_the_limit_is_accepted(ada: Creator) -> None:
    body = b'{"title": "x"}'.ljust(98_304)
    answer = await ada.post(content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 201


async def test_a_server_error_has_the_published_body(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    grace = fresh_house.creator()
    idea = await grace.idea("Something private")
    await fresh_sql.execute("ALTER TABLE ideas RENAME TO mislaid")

    answer = await grace.get(idea)

    assert answer.status_code == 500
    error = answer.json().pop("error")
    assert list(answer.json()) == ["detail", "code", "error"]
    assert list(error) == ["code", "message", "correlation_id"]
    assert (error["code"], error["correlation_id"]) == (
        "INTERNAL_SERVER_ERROR",
        answer.headers["x-correlation-id"],
    )
    assert UUID(error["correlation_id"])
    for leak in ("ideas", "mislaid", "exist", "asyncpg", "sqlalchemy", "Traceback", "private"):
        assert leak not in answer.text

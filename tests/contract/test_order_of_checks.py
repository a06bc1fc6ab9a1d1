"""The order of checks: route, token, path, query and body, owner, existence."""

from typing import Any

import httpx
import pytest

from tests.factories import Creator

SOME_ID = "0f2d7a3e-5b1c-4c77-9a60-3d2f8e1b4a95"
BAD_BODY = {"title": ""}
OPERATIONS = ["POST", "GET", "GET one", "PUT one", "PATCH one", "DELETE one"]


async def send(client: httpx.AsyncClient, operation: str, url: str, idea: str, **options: Any) -> httpx.Response:
    method, *one = operation.split()
    return await client.request(method, f"{url}/{idea}" if one else url, **options)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_the_token_is_checked_before_path_query_and_body(client: httpx.AsyncClient, operation: str) -> None:
    query = "?limit=0" if operation == "GET" else ""
    answer = await send(client, operation, f"/api/v1/x/ideas{query}", "no-uuid", content=b"{" * 10)

    assert answer.status_code == 401


async def test_a_body_over_the_limit_needs_a_token_first(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/x/ideas", content=b" " * 100_000)

    assert answer.status_code == 401


async def test_the_body_is_not_read_before_the_token(client: httpx.AsyncClient) -> None:
    async def body() -> Any:
        yield b'{"title": '
        raise AssertionError("the body was read")

    answer = await client.post("/api/v1/x/ideas", content=body())

    assert answer.status_code == 401


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/x"), ("GET", "/nowhere"), ("POST", "/api/v1/x/y/ideas")])
async def test_the_route_is_checked_before_the_token(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found", "code": "not_found"})


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/v1/x/ideas"), ("POST", "/api/v1/x/ideas/1")])
async def test_the_method_is_checked_before_the_token(client: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await client.request(method, path)).status_code == 405


@pytest.mark.parametrize("operation", ["POST", "PUT one", "PATCH one"])
async def test_a_bad_body_is_checked_before_the_owner(ada: Creator, operation: str) -> None:
    answer = await send(ada.client, operation, "/api/v1/eve/ideas", SOME_ID, json=BAD_BODY, headers=ada.headers)

    assert answer.status_code == 422


async def test_a_bad_query_is_checked_before_the_owner(ada: Creator) -> None:
    assert (await ada.request("GET", "/api/v1/eve/ideas?limit=0")).status_code == 422


@pytest.mark.parametrize("operation", ["GET one", "PUT one", "PATCH one", "DELETE one"])
async def test_a_bad_id_is_checked_before_the_owner(ada: Creator, operation: str) -> None:
    answer = await send(ada.client, operation, "/api/v1/eve/ideas", "no-uuid", json={"title": "x"}, headers=ada.headers)

    assert answer.status_code == 422


@pytest.mark.parametrize("operation", ["PUT one", "PATCH one"])
async def test_a_bad_id_and_a_bad_body_are_reported_together(ada: Creator, operation: str) -> None:
    answer = await send(ada.client, operation, ada.url, "no-uuid", json=BAD_BODY, headers=ada.headers)

    assert [error["loc"] for error in answer.json()["detail"]] == [["path", "idea_id"], ["body", "title"]]


@pytest.mark.parametrize("operation", ["GET one", "PUT one", "PATCH one", "DELETE one"])
async def test_the_owner_is_checked_before_the_existence(ada: Creator, operation: str) -> None:
    answer = await send(ada.client, operation, "/api/v1/eve/ideas", SOME_ID, json={"title": "x"}, headers=ada.headers)

    assert answer.status_code == 403

"""RFC 9457 problem details, for clients that accept them."""

from typing import Any

import asyncpg
import httpx
import pytest

from tests.application import House
from tests.factories import Creator

ASK = {"Accept": "application/problem+json"}


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert isinstance(body["title"], str)
    assert isinstance(body.get("type", "about:blank"), str)
    return body


async def test_each_error_is_available_as_problem_details(ada: Creator) -> None:
    unknown = "00000000-0000-0000-0000-000000000001"
    answers = [
        (await ada.client.get(ada.url, headers=ASK), 401, "Not authenticated"),
        (await ada.request("GET", "/api/v1/eve/ideas", headers=ASK), 403, "Cannot access other users' ideas"),
        (await ada.get(unknown, headers=ASK), 404, f"Idea {unknown} not found"),
        (await ada.request("GET", "/nowhere", headers=ASK), 404, "Not Found"),
        (await ada.request("DELETE", ada.url, headers=ASK), 405, "Method Not Allowed"),
    ]

    for answer, status, detail in answers:
        assert answer.status_code == status
        assert problem(answer)["detail"] == detail


async def test_field_errors_are_in_the_member_errors(ada: Creator) -> None:
    plain = await ada.post({"title": "", "stage": "x"})
    answer = await ada.post({"title": "", "stage": "x"}, headers=ASK)

    assert answer.status_code == 422
    assert problem(answer)["errors"] == plain.json()["detail"]
    assert isinstance(problem(answer)["detail"], str)


async def test_a_server_error_is_available_as_problem_details(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    grace = fresh_house.creator()
    await grace.idea()
    await fresh_sql.execute("ALTER TABLE ideas RENAME TO mislaid")

    answer = await grace.list(headers=ASK)

    assert answer.status_code == 500
    assert "mislaid" not in problem(answer)["detail"]
    assert answer.headers["x-correlation-id"] in answer.text


@pytest.mark.parametrize(
    "accept",
    [
        *("*/*", "application/json", "text/html", "application/json, application/problem+json;q=0"),
        *("application/problem+json; Q=0.000", "application/problem+json ;x=y; q=0.", "xapplication/problem+json"),
    ],
)
async def test_other_clients_get_the_published_body(ada: Creator, accept: str) -> None:
    answer = await ada.request("GET", "/nowhere", headers={"Accept": accept})

    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"detail": "Not Found", "code": "not_found"}


@pytest.mark.parametrize(
    "accept",
    [
        *("application/problem+json;q=0.5", "APPLICATION/Problem+JSON ; q=0.001", "text/html,application/problem+json"),
        *("application/problem+json;q=0, application/problem+json", "application/problem+json;aq=0;q=1"),
    ],
)
async def test_clients_that_accept_problem_details_get_them(ada: Creator, accept: str) -> None:
    answer = await ada.request("GET", "/nowhere", headers={"Accept": accept})

    assert problem(answer)["detail"] == "Not Found"

"""The log event of each request."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.factories import Creator


async def test_it_contains_the_outcome_of_the_request(ada: Creator, logs: Any) -> None:
    answer = await ada.post({"title": "one"})

    [line] = logs.named("request")
    assert (line["method"], line["route"], line["status"]) == ("POST", "/api/v1/{user_id}/ideas", 201)
    assert line["bytes"] == len(answer.content)
    assert line["milliseconds"] > 0
    assert line["correlation_id"] == answer.headers["x-correlation-id"]


async def test_it_contains_only_the_listed_fields(ada: Creator, logs: Any) -> None:
    await ada.list()

    [line] = logs.named("request")
    about_the_line = {"event", "level", "logger", "timestamp"}
    ids = {"correlation_id", "trace_id", "caller"}
    assert line.keys() == about_the_line | ids | {"method", "route", "status", "milliseconds", "bytes"}


async def test_it_contains_no_path_query_or_user(ada: Creator, logs: Any) -> None:
    secret, idea_id = f"secret{uuid4().hex}", uuid4()

    await ada.list({"search": secret, "tags": secret})
    await ada.get(str(idea_id))
    await ada.client.get(f"/{secret}")

    assert [line["route"] for line in logs.named("request")] == [
        "/api/v1/{user_id}/ideas",
        "/api/v1/{user_id}/ideas/{idea_id}",
        "unmatched",
    ]
    for private in (secret, str(idea_id), ada.user_id, ada.token):
        assert private not in logs.text


async def test_one_caller_always_has_the_same_pseudonym(ada: Creator, logs: Any) -> None:
    await ada.list()
    await ada.post({"title": "one"})
    await ada.client.get(ada.url)

    first, second, stranger = logs.named("request")
    assert first["caller"] == second["caller"]
    assert "caller" not in stranger


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/users/me"])
async def test_every_response_has_exactly_one_line(client: httpx.AsyncClient, logs: Any, path: str) -> None:
    await client.get(path)

    assert len(logs.named("request")) == 1


async def test_an_unknown_method_is_not_repeated(client: httpx.AsyncClient, logs: Any) -> None:
    await client.request("X-MY-SECRET", "/")

    assert [line["method"] for line in logs.named("request")] == ["OTHER"]
    assert "X-MY-SECRET" not in logs.text

"""Bodies that are too deep, too slow, too long, or endless."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.application import House
from tests.factories import Creator
from tests.logs import Logs

type Receive = Callable[[], Awaitable[dict[str, Any]]]


async def post(house: House, creator: Creator, receive: Receive) -> tuple[int, dict[str, str], Any]:
    """Returns the response to a POST whose body comes from `receive`."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": creator.url,
        "raw_path": creator.url.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("creatorvault.test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"creatorvault.test"),
            (b"authorization", f"Bearer {creator.token}".encode()),
            (b"content-type", b"application/json"),
        ],
        "extensions": {},
        "state": {},
    }
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await house.app(scope, receive, send)  # type: ignore[arg-type]  # the plain dicts that a server would hand over
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(sent[1]["body"])


async def test_an_endless_body_is_refused_before_it_is_read(house: House) -> None:
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 4096
        return {"type": "http.request", "body": b"x" * 4096, "more_body": True}

    status, headers, _ = await post(house, house.creator(), receive)

    assert (status, headers["connection"]) == (413, "close")
    assert taken <= 98_304 + 2 * 4096


async def test_a_slow_body_is_aborted(house: House) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async with asyncio.timeout(60):
        status, headers, body = await post(house, house.creator(), receive)

    assert (status, headers["connection"]) == (408, "close")
    assert body == {"detail": "The request body took too long to arrive", "code": "body_too_slow"}


async def test_a_disconnect_during_the_body_is_not_a_server_error(house: House, logs: Logs) -> None:
    messages: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    status, _, _ = await post(house, house.creator(), receive)

    assert status == 400
    assert not [event for event in logs.events if event["event"] == "request.failed"]


@pytest.mark.parametrize("depth", [65, 500, 1_000, 5_000, 30_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
async def test_a_body_that_is_nested_too_deeply_is_refused(house: House, depth: int, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    body = '{"title": "Deep", "more": ' + opening * depth + "1" + closing * depth + "}"

    answer = await house.creator().post(content=body[:65_000], headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["ctx"] == {"error": "Nested too deeply"}


async def test_brackets_in_a_string_are_not_nesting(house: House) -> None:
    title = '"[{\\' * 45
    answer = await house.creator().post({"title": title, "tags": [], "notes": "[" * 4000})
    assert (answer.status_code, answer.json()["title"]) == (201, title)


@pytest.mark.parametrize("body", ['"\\' * 30_000, "[" + '"\\' * 30_000 + "[[" * 60, '{"a":[' + "[]," * 20_000])
async def test_no_body_takes_long_to_parse(house: House, body: str) -> None:
    async with asyncio.timeout(5):
        answer = await house.creator().post(content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422

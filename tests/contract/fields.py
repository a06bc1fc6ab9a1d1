"""One write with given fields, however it is sent, and what is refused of it."""

from typing import Any

from tests.factories import Creator

WRITES = ["POST", "PUT", "PATCH"]


async def write(creator: Creator, method: str, body: dict[str, Any]) -> tuple[int, Any]:
    """One write of each kind: a creation, or a change to an idea that has been made before."""
    if method == "POST":
        answer = await creator.post({"title": "An idea"} | body)
    else:
        idea = await creator.idea(notes="before", tags=["before"])
        change = {"title": "An idea"} | body if method == "PUT" else body
        answer = await creator.request(method, creator.url_of(idea), json=change)
    return answer.status_code, answer.json()


def refused(outcome: tuple[int, Any]) -> list[tuple[str, list[str | int]]]:
    status, body = outcome
    assert status == 422, body
    return [(error["type"], error["loc"]) for error in body["detail"]]

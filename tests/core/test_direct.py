"""Direct dispatch of an operation gives the same response as Litestar's dependency injection."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import httpx
import pytest
from litestar import Litestar, Response
from litestar.exceptions import ImproperlyConfiguredException

from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import get
from creatorvault.core.http.responses import StructResponse
from creatorvault.ideas.controllers import IdeaController
from tests.application import House
from tests.factories import Creator

ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
TAG: Final = re.compile(r'"[0-9a-f]{16,24}"')
OWN_VALUES: Final = frozenset({"x-correlation-id", "ratelimit", "content-length"})


class Case(NamedTuple):
    """`path` is relative to the creator's URL; {id} is an idea's id."""

    method: str
    path: str = ""
    options: Mapping[str, Any] = {}
    token: bool = True


CASES: Final = {
    "create": Case("POST", options={"json": {"title": "Anew", "tags": ["a", "A", "b"]}}),
    "create once": Case("POST", options={"json": {"title": "Once"}, "headers": {"Idempotency-Key": "k"}}),
    "no body": Case("POST"),
    "not JSON": Case("POST", options={"content": b"{", "headers": {"Content-Type": "application/json"}}),
    "another media type": Case("POST", options={"content": b"title=x", "headers": {"Content-Type": "text/plain"}}),
    "an empty media type": Case("POST", options={"content": b'{"title": "x"}', "headers": {"Content-Type": ""}}),
    "wrong fields": Case("POST", options={"json": {"title": " ", "stage": "done", "tags": 1}}),
    "too large": Case("POST", options={"json": {"title": "x", "notes": "n" * 70_000}}),
    "list": Case("GET"),
    "list some": Case("GET", options={"params": {"search": "NEW", "sort": "title", "limit": 1}}),
    "list the same again": Case("GET", options={"headers": {"If-None-Match": "*"}}),
    "wrong query": Case("GET", options={"params": {"limit": 0, "sort": "size"}}),
    "get": Case("GET", "/{id}"),
    "get the same again": Case("GET", "/{id}", {"headers": {"If-None-Match": "*"}}),
    "a missing idea": Case("GET", "/00000000-0000-4000-8000-000000000000"),
    "no id": Case("GET", "/nothing"),
    "change": Case("PATCH", "/{id}", {"json": {"notes": "Changed"}}),
    "change another version": Case("PATCH", "/{id}", {"json": {"notes": "No"}, "headers": {"If-Match": '"0"'}}),
    "replace": Case("PUT", "/{id}", {"json": {"title": "Replaced"}}),
    "delete": Case("DELETE", "/{id}"),
    "delete another version": Case("DELETE", "/{id}", {"headers": {"If-Match": '"0"'}}),
    "no token": Case("GET", token=False),
    "no token for a change": Case("PATCH", "/{id}", {"json": {}}, token=False),
    "as a problem": Case("GET", "/nothing", {"headers": {"Accept": "application/problem+json"}}),
    "from another origin": Case("GET", options={"headers": {"Origin": "http://localhost:3000"}}),
    "options": Case("OPTIONS"),
    "another method": Case("DELETE"),
}


class Answered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


@pytest.fixture
async def plain(monkeypatch: pytest.MonkeyPatch, house_with: Callable[..., Awaitable[House]]) -> House:
    assert IdeaController.middleware == [directly]
    monkeypatch.setattr(IdeaController, "middleware", [])
    return await house_with()


async def answered(house: House, case: Case) -> Answered:
    creator = house.creator()
    idea = await creator.idea("New", tags=["x"])
    path = creator.url + case.path.format(id=idea["id"])
    request = creator.request if case.token else house.client.request
    return told(await request(case.method, path, **case.options), creator)


def told(answer: httpx.Response, creator: Creator) -> Answered:
    """Returns the response without values that differ between requests."""
    headers = {
        name: "UNDO" if name == "x-undo" else neutral(value, creator)
        for name, value in answer.headers.items()
        if name not in OWN_VALUES
    }
    if "allow" in headers:
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))  # a set, without order
    return Answered(answer.status_code, headers, neutral(answer.text, creator))


def neutral(text: str, creator: Creator) -> str:
    return TAG.sub('"TAG"', TIME.sub("TIME", ID.sub("ID", text.replace(creator.user_id, "USER"))))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_direct_dispatch_gives_the_same_response(house: House, plain: House, case: Case) -> None:
    assert await answered(house, case) == await answered(plain, case)


async def test_direct_dispatch_refuses_another_users_ideas(house: House, plain: House) -> None:
    answers = []
    for way in (house, plain):
        ada, bob = way.creator(), way.creator()
        answers.append(told(await ada.request("GET", bob.url), ada))
    assert answers[0] == answers[1]
    assert answers[0].status == 403


async def test_what_is_no_answer_of_ours_is_sent_as_litestar_would() -> None:
    @get("/", middleware=[directly])
    async def plain_text() -> Response[str]:
        return Response("text", media_type="text/plain", headers={"X-Own": "1"})

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Litestar([plain_text])),  # type: ignore[arg-type]  # httpx has its own ASGI types
        base_url="http://here",
    ) as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.text, answer.headers["x-own"]) == (200, "text", "1")


@pytest.mark.parametrize("hook", ["before_request", "after_request", "after_response", "cache"])
async def test_an_operation_with_unsupported_parameters_is_refused(hook: str) -> None:
    async def called(_: object) -> None: ...

    expectation: dict[str, Any] = {hook: True if hook == "cache" else called}

    @get("/", middleware=[directly], **expectation)
    async def operation() -> StructResponse[dict[str, str]]:
        return StructResponse({}, {})

    app = Litestar([operation])
    scope = {"type": "http", "route_handler": app.routes[0].route_handler_map["GET"][0]}  # type: ignore[union-attr]
    with pytest.raises(ImproperlyConfiguredException, match="hooks"):
        await directly(app)(scope, called, called)  # type: ignore[arg-type]

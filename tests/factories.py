"""Creators with tokens of the existing front end: HS256, valid for one hour, signed with the shared secret."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import httpx
import jwt

SECRET: Final = "the-shared-secret-of-the-tests-0123456789"

type Parameters = Mapping[str, object] | Sequence[tuple[str, object]]
type Idea = dict[str, Any]


def claims_of(user_id: str) -> dict[str, Any]:
    now = int(time.time())
    return {
        "sub": user_id,
        "user_id": user_id,
        "email": "ada@example.org",
        "name": "Ada",
        "iat": now,
        "exp": now + 3600,
    }


def token_of(claims: Mapping[str, Any], secret: str = SECRET) -> str:
    return jwt.encode(dict(claims), secret, algorithm="HS256")


@dataclass
class Creator:
    """A client with a token. Every creator has their own vault."""

    client: httpx.AsyncClient
    user_id: str
    claims: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def token(self) -> str:
        return token_of({**claims_of(self.user_id), **self.claims})

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def url(self) -> str:
        return f"/api/v1/{self.user_id}/ideas"

    def url_of(self, idea: Idea | str) -> str:
        return f"{self.url}/{idea if isinstance(idea, str) else idea['id']}"

    def url_to(self, method: str, idea: Idea | str) -> str:
        """Returns the URL for a write: the collection for a new idea, else the idea."""
        return self.url if method == "POST" else self.url_of(idea)

    async def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        headers = self.headers | dict(options.pop("headers", {}))
        return await self.client.request(method, url, headers=headers, **options)

    async def post(self, body: object = None, **options: Any) -> httpx.Response:
        return await self.request("POST", self.url, **_content(body, options))

    async def put(self, idea: Idea | str, body: object = None, **options: Any) -> httpx.Response:
        return await self.request("PUT", self.url_of(idea), **_content(body, options))

    async def patch(self, idea: Idea | str, body: object = None, **options: Any) -> httpx.Response:
        return await self.request("PATCH", self.url_of(idea), **_content(body, options))

    async def get(self, idea: Idea | str, **options: Any) -> httpx.Response:
        return await self.request("GET", self.url_of(idea), **options)

    async def delete(self, idea: Idea | str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", self.url_of(idea), **options)

    async def list(self, parameters: Parameters = (), **options: Any) -> httpx.Response:
        return await self.request("GET", self.url, params=httpx.QueryParams(_pairs(parameters)), **options)

    async def idea(self, title: str = "An idea", **fields: Any) -> Idea:
        """Stores an idea and returns the API's response."""
        answer = await self.post({"title": title, **fields})
        assert answer.status_code == 201, answer.text
        idea: Idea = answer.json()
        return idea

    async def titles(self, parameters: Parameters = ()) -> Sequence[str]:
        """Returns the titles of a list, in order."""
        answer = await self.list(parameters)
        assert answer.status_code == 200, answer.text
        return [idea["title"] for idea in answer.json()["items"]]


def sorted_by_insertion(text: str) -> None:
    """Insertion sort of marks, as in CPython before the fix of python/cpython#149079."""
    ordered: list[str] = []
    for mark in text[1:]:
        place = len(ordered)
        while place and ordered[place - 1] < mark:
            place -= 1
        ordered.insert(place, mark)


def _content(body: object, options: dict[str, Any]) -> dict[str, Any]:
    return options if "content" in options else options | {"json": body}


def _pairs(parameters: Parameters) -> tuple[tuple[str, str], ...]:
    pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
    return tuple((name, str(value)) for name, value in pairs)

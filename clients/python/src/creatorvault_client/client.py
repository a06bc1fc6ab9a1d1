"""The client: an address, a token, and one connection pool."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, TypeVar, cast

import httpx

from creatorvault_client.errors import ApiError
from creatorvault_client.sending import Outgoing, Retries, Sender, Token
from creatorvault_client.vault import Vault

Body = TypeVar("Body")
Parameters: TypeAlias = Mapping[str, str | int | bool | Sequence[str] | None]

SECONDS: Final = 30
"""How long one attempt may take to connect, to send, and between two parts of an answer."""


class Client:
    """An asynchronous context manager. `base_url` is the address of the service: `https://api.example.com`."""

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        retries: Retries = Retries(),  # noqa: B008 - immutable
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._http = http or httpx.AsyncClient(timeout=SECONDS)
        self.sender = Sender(self._http, token, retries)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    def vault(self, user_id: str) -> Vault:
        """Returns the ideas of one creator: the subject of the token."""
        return Vault(self, user_id)

    async def call(
        self,
        method: str,
        path: str,
        kind: type[Body],
        *,
        query: Parameters | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Body:
        """Any operation of the document: `await client.call("GET", "/api/v1/tenant", models.OwnTenant)`.

        `kind` is the type of the answer, None of an empty one; it is not checked. Raises ApiError and UnreachableError.
        """
        response = await self.send(method, path, query=query, body=body, headers=headers)
        return cast("Body", response.json() if response.content else None)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Parameters | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Returns the response, which is read. Raises ApiError unless it is a success."""
        outgoing = self._outgoing(method, path, query or {}, body, headers or {})
        response, repeated = await self.sender.exchange(outgoing)
        if response.is_error:
            raise ApiError(response, repeated=repeated)
        return response

    @asynccontextmanager
    async def stream(
        self, path: str, headers: Mapping[str, str], silent_seconds: float
    ) -> AsyncIterator[httpx.Response]:
        """Yields a response whose body has yet to be read. Raises ApiError unless it is a success."""
        timeout = httpx.Timeout(SECONDS, read=silent_seconds)
        outgoing = Outgoing("GET", self._base_url + path, headers, timeout=timeout)
        async with self.sender.exchanging(outgoing, streamed=True) as (response, repeated):
            if response.is_error:
                raise ApiError(response, repeated=repeated)
            yield response

    def _outgoing(
        self, method: str, path: str, query: Parameters, body: object, headers: Mapping[str, str]
    ) -> Outgoing:
        given = {name: _text(value) for name, value in query.items() if value is not None}
        url = str(httpx.URL(self._base_url + path, params=given)) if given else self._base_url + path
        if body is None:
            return Outgoing(method, url, headers)
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return Outgoing(method, url, {**headers, "Content-Type": "application/json"}, content)


def _text(value: Any) -> str | list[str]:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return str(value).lower()
    return [str(each) for each in value]

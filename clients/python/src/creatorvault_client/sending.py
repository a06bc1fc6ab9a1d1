"""Sends requests with a token, and again after 429, 5xx and lost connections."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

import httpx

from creatorvault_client.errors import ApiError, UnreachableError

Token: TypeAlias = Callable[[str | None], Awaitable[str]]
"""Returns a token. Gets the one that the service has just refused as expired, if any: another one is needed."""

SAFE_TO_REPEAT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Retries:
    attempts: int = 5
    """How often a request is sent at most, the first time included."""
    first_seconds: float = 0.25
    """The first pause is a random part of it; it doubles with every attempt."""
    longest_seconds: float = 30
    """The longest pause. A longer `Retry-After` is not waited for."""

    def pause(self, attempt: int) -> float:
        """Returns seconds: a random part of what doubles with every attempt."""
        return random.uniform(0, min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt - 1, 60)))  # noqa: S311


@dataclass(frozen=True)
class Outgoing:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    timeout: httpx.Timeout | None = None
    """Of a stream, which may be silent for longer."""


class Exchanged(NamedTuple):
    response: httpx.Response
    repeated: bool
    """Whether an earlier attempt may have been executed: its answer was lost, or was a 5xx."""


class Sender:
    def __init__(self, http: httpx.AsyncClient, token: Token, retries: Retries) -> None:
        self._http = http
        self._token = token
        self.retries = retries

    async def exchange(self, outgoing: Outgoing) -> Exchanged:
        """Returns the last answer, read, whatever its status. Raises UnreachableError if there is none."""
        async with self.exchanging(outgoing) as exchanged:
            return exchanged

    @asynccontextmanager
    async def exchanging(self, outgoing: Outgoing, *, streamed: bool = False) -> AsyncIterator[Exchanged]:
        """Like `exchange`; the body of a success is left to the caller if it is `streamed`."""
        repeatable = outgoing.method in SAFE_TO_REPEAT or "Idempotency-Key" in outgoing.headers
        token, renewed, repeated, attempt = await self._token(None), False, False, 0
        while True:
            attempt += 1
            wanted = 0
            response: httpx.Response | None = None
            try:
                response = await self._once(outgoing, token, streamed=streamed)
            except httpx.TransportError as cause:
                if not repeatable or attempt >= self.retries.attempts:
                    raise UnreachableError(f"no answer: {type(cause).__name__}") from cause
                repeated = True
            if response is not None:
                if not response.is_error:
                    break
                error = ApiError(response)
                if error.status == httpx.codes.UNAUTHORIZED and error.code == "token_expired" and not renewed:
                    token, renewed, attempt = await self._token(token), True, attempt - 1
                    continue
                wanted = error.retry_after or 0
                again = _may_repeat(error, repeatable=repeatable) and wanted <= self.retries.longest_seconds
                if not again or attempt >= self.retries.attempts:
                    break
                repeated = repeated or response.is_server_error
            await asyncio.sleep(wanted + self.retries.pause(attempt))
        try:
            yield Exchanged(response, repeated)
        finally:
            await response.aclose()

    async def _once(self, outgoing: Outgoing, token: str, *, streamed: bool) -> httpx.Response:
        request = self._http.build_request(
            outgoing.method,
            outgoing.url,
            headers={**outgoing.headers, "Authorization": f"Bearer {token}"},
            content=outgoing.content,
            timeout=outgoing.timeout or self._http.timeout,
        )
        response = await self._http.send(request, stream=True)
        if not streamed or response.is_error:
            await response.aread()
        return response


def _may_repeat(error: ApiError, *, repeatable: bool) -> bool:
    if error.status == httpx.codes.TOO_MANY_REQUESTS:
        return True  # refused before anything was done
    if error.status == httpx.codes.CONFLICT:
        return repeatable and error.retry_after is not None  # the first request with this key is being handled
    return repeatable and httpx.codes.is_server_error(error.status)

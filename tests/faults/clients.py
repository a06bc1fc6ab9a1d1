"""A client with little overhead, so that measurements are of the service."""

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import uuid4

from tests.factories import claims_of, token_of

NO_ANSWER: Final = 0
REFUSED: Final = -1


class Answer(NamedTuple):
    """`status` is NO_ANSWER if the connection broke or timed out, REFUSED if there was no connection."""

    status: int
    body: bytes
    began: float
    ended: float
    head: bytes = b""

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            found, _, value = line.partition(":")
            if found.lower() == name.lower():
                return value.strip()
        return None

    @property
    def tag(self) -> str:
        """The entity tag; raises KeyError if there is none."""
        if (tag := self.header("ETag")) is None:
            raise KeyError("ETag")
        return tag


def request_bytes(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: object = None, *, length: int | None = None
) -> bytes:
    """`length` is a false Content-Length."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: drill", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content) if length is None else length}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def ask(
    port: int,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: object = None,
    *,
    seconds: float = 30,
    source: str = "127.0.0.1",
) -> Answer:
    """`source` is the client's address, a loopback address."""
    began = time.monotonic()
    status, head, content = NO_ANSWER, b"", b""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
            try:
                writer.write(request_bytes(method, path, headers, body))
                head, _, content = (await reader.read(-1)).partition(b"\r\n\r\n")
                status = int(head.split(b" ", 2)[1]) if head else NO_ANSWER
            finally:
                writer.transport.abort()
    except ConnectionRefusedError:
        status = REFUSED
    except (OSError, TimeoutError):
        status = NO_ANSWER
    return Answer(status, content, began, time.monotonic(), head)


class Client:
    """A creator, whose requests go to any of several services."""

    def __init__(self, ports: Sequence[int], answers: list[Answer]) -> None:
        """All answers are added to `answers`."""
        self.user_id = f"user-{uuid4()}"
        self.ports = ports
        self._answers = answers
        self._headers = {
            "Authorization": f"Bearer {token_of(claims_of(self.user_id))}",
            "Accept": "application/json, application/problem+json",
        }

    async def ask(
        self,
        method: str,
        path: str = "",
        body: object = None,
        more: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Answer:
        """`path` follows that of the creator's ideas, `more` are headers."""
        url = f"/api/v1/{self.user_id}/ideas{path}"
        answer = await ask(port or random.choice(self.ports), method, url, {**self._headers, **(more or {})}, body)
        assert answer.status != REFUSED, "the service has ended"
        self._answers.append(answer)
        return answer

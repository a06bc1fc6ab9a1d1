"""The storage of the rate limits is gone; the issuer of tokens hangs."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.drill.row import Row
from benchmarks.drill.stage import Stage
from tests.factories import claims_of
from tests.faults.crowd import Creator, Crowd
from tests.faults.service import free_port
from tests.valkey import PROGRAM, ValkeyServer


async def limits_storage_gone(stage: Stage) -> Row:
    """A limit is worth no refused request: not one 503 is allowed."""
    row = Row("Redis hangs 3 s, then is gone 3 s, 16 clients")
    if PROGRAM is None:
        row.note = "not run: neither valkey-server nor redis-server is installed"
        return row
    storage = ValkeyServer(stage.folder)
    storage.start()
    try:
        async with stage.service(CREATORVAULT_LIMITS__STORAGE_URL=storage.url) as service:
            crowd = Crowd(service.port, readers=8, writers=8)
            crowd.begin()
            async with stage.judged(row, service, crowd):
                await asyncio.sleep(1)
                storage.freeze()
                await asyncio.sleep(3)
                storage.kill()
                await asyncio.sleep(3)
                storage.start()
                back_at = time.monotonic()
                await asyncio.sleep(2)
                row.recovered(crowd.answers, back_at)
            row.promise(row.unavailable == 0, f"{row.unavailable} requests were refused for a limit's sake")
    finally:
        storage.kill()
    return row


class Issuer:
    """Publishes a key, and can be made to hang: it takes connections and says nothing."""

    def __init__(self) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.answering = asyncio.Event()
        self._key = Ed25519PrivateKey.generate()

    def token(self, user_id: str) -> str:
        claims: Mapping[str, Any] = {**claims_of(user_id), "iss": self.origin, "aud": self.origin}
        return jwt.encode(dict(claims), self._key, algorithm="EdDSA", headers={"kid": "drill"})

    async def publish(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await self.answering.wait()
        key = jwt.algorithms.OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        body = json.dumps({"keys": [{**key, "kid": "drill", "alg": "EdDSA", "use": "sig"}]}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        writer.close()


async def issuer_hangs(stage: Stage) -> Row:
    """Who has a token of the hanging issuer gets 503; everybody else notices nothing."""
    row = Row("issuer hangs for 6 s, 16 clients")
    issuer = Issuer()
    server = await asyncio.start_server(issuer.publish, "127.0.0.1", issuer.port)
    async with server, stage.service(BETTER_AUTH_URL=issuer.origin) as service:
        crowd = Crowd(service.port, readers=4, writers=4)
        theirs = Crowd(service.port, readers=0, writers=0)
        theirs.readers = [Creator(service.port, issuer.token(f"theirs-{number}")) for number in range(8)]
        for number, creator in enumerate(theirs.readers):
            creator.user_id = f"theirs-{number}"
        crowd.begin()
        theirs.begin()
        async with stage.judged(row, service, crowd):
            await asyncio.sleep(6)
            refused = {answer.status for answer in theirs.answers}
            unaffected = {answer.status for answer in crowd.answers}
            back_at = time.monotonic()
            issuer.answering.set()
            await asyncio.sleep(2)
            await theirs.end()
            row.recovered(theirs.answers, back_at)
            crowd.answers += theirs.answers
            row.promise(refused == {503}, f"its tokens were answered {sorted(refused)}")
            row.promise(unaffected <= {200, 201}, f"others were answered {sorted(unaffected)}")
    return row

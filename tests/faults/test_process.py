"""The service as a separate process: killed, and with clients that disconnect or are silent."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from uuid import uuid4

import asyncpg
import pytest

from tests.factories import claims_of, token_of
from tests.faults.clients import NO_ANSWER, Answer, ask, request_bytes
from tests.faults.conftest import Sessions
from tests.faults.hanging import HangingWire, hanging_wire_to
from tests.faults.service import Service
from tests.postgres import Cluster, Database

pytestmark = pytest.mark.xdist_group("run")

USER = f"user-{uuid4()}"
URL = f"/api/v1/{USER}/ideas"


def headers_of(user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(claims_of(user))}"}


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"process_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="module")
async def wire(database: Database) -> AsyncGenerator[HangingWire]:
    async with hanging_wire_to(database) as wire:
        yield wire


@pytest.fixture(scope="module")
async def service(
    wire: HangingWire, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Service]:
    limits = {
        "CREATORVAULT_SERVER__HEADER_SECONDS": "1",
        "CREATORVAULT_SERVER__BODY_SECONDS": "1",
        "CREATORVAULT_LIMITS__ADDRESS_REQUESTS": "3",
    }
    service = Service(tmp_path_factory.mktemp("service"), wire.url, database.owner_url, **limits)
    await service.start()
    yield service
    await service.stop()


async def capture(service: Service, title: str) -> Answer:
    return await ask(service.port, "POST", URL, {**headers_of(USER), "Idempotency-Key": title}, {"title": title})


async def titles(service: Service) -> list[str]:
    answer = await ask(service.port, "GET", URL, headers_of(USER))
    return [idea["title"] for idea in answer.json()["items"]]


async def test_an_idea_committed_without_response_is_stored_once(service: Service, wire: HangingWire) -> None:
    assert (await capture(service, "First")).status == 201

    wire.hold_answers_to(b"COMMIT")
    unanswered = asyncio.create_task(capture(service, "Once"))
    await asyncio.sleep(0.5)
    service.kill()
    wire.resume()
    await service.start()
    retried = await capture(service, "Once")

    assert (await unanswered).status == NO_ANSWER
    assert retried.status == 201
    assert await titles(service) == ["Once", "First"]


async def test_disconnected_clients_leave_no_transaction_open(service: Service, database: Database) -> None:
    for turn in range(100):
        _, writer = await asyncio.open_connection("127.0.0.1", service.port)
        body, length = {"title": "Left"}, 1000 if turn % 2 else None
        writer.write(request_bytes("POST", "/api/v1/eve/ideas", headers_of("eve"), body, length=length))
        await asyncio.sleep(0.005)
        writer.transport.abort()

    assert (await ask(service.port, "GET", "/api/v1/eve/ideas", headers_of("eve"))).status == 200
    sql = await asyncpg.connect(database.superuser_url)
    async with asyncio.timeout(60):
        while await Sessions(sql).in_transaction():  # noqa: ASYNC110  # PostgreSQL tells nobody
            await asyncio.sleep(0.05)
    await sql.close()


@pytest.mark.parametrize("said", [b"", b"GET /health HTTP/1.1\r\nHost: a\r\n", request_bytes("GET", "/health")])
async def test_a_silent_connection_is_closed(service: Service, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(said.replace(b"Connection: close\r\n", b""))

    async with asyncio.timeout(60):
        await reader.read(-1)
    writer.close()


async def test_an_endless_body_is_aborted(service: Service) -> None:
    headers = {**headers_of(USER), "Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(request_bytes("POST", URL, headers))

    with pytest.raises(OSError, match=r"reset|[Bb]roken|[Ll]ost"):
        async with asyncio.timeout(60):
            while not reader.at_eof():
                writer.write(b"400\r\n" + b" " * 1024 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0.001)
            raise ConnectionResetError("reset")
    writer.transport.abort()


@pytest.mark.parametrize(
    ("letters", "header", "status", "answered"),
    [
        (32_000, 32_000, 200, True),
        (33_000, 0, 414, True),
        (65_000, 0, 414, True),
        (66_000, 0, 414, False),
        (1_000_000, 0, 431, False),
        (0, 33_000, 431, True),
        (32_000, 48_000, 431, True),
        (0, 1_000_000, 431, False),
    ],
)
async def test_a_url_and_headers_that_are_too_long_are_refused(
    service: Service, letters: int, header: int, status: int, answered: bool
) -> None:
    """Up to the size of the server's buffer the service responds with a message, beyond it the server without one."""
    answer = await ask(service.port, "GET", f"/health?{'a' * letters}", {"X": "a" * header})

    assert (answer.status, bool(answer.body)) == (status, answered)


@pytest.mark.parametrize(("more", "status"), [(98, 200), (99, 431), (5000, 431)])
async def test_more_than_100_headers_are_refused(service: Service, more: int, status: int) -> None:
    headers = {f"X-{number}": "a" for number in range(more)}  # in addition to Host and Connection

    assert (await ask(service.port, "GET", "/health", headers)).status == status


async def test_untrusted_forwarding_headers_are_ignored(service: Service) -> None:
    """Nine requests are in at most two windows of three each."""
    spoofed = [
        {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"} for number in range(9)
    ]

    # From a separate address: above its limit, new tokens of other tests would not be verified.
    answers = [await ask(service.port, "GET", URL, headers, source="127.0.0.2") for headers in spoofed]

    assert {answer.status for answer in answers} == {401, 429}
    assert sum(answer.status == 401 for answer in answers) <= 6

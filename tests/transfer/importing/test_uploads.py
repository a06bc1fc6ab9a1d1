"""How a file arrives: as a body or in a form, within limits of size, time and number, never on the disk."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from creatorvault.core.parts import part_of
from creatorvault.transfer.importing import uploads
from creatorvault.transfer.parts import TransferParts
from tests.application import House, open_house
from tests.postgres import Database
from tests.transfer.formats.factories import zipped
from tests.transfer.importing.conftest import Mover

PAGE = b"---\ntags: [video]\n---\n# A page\n\nSome text.\n"
TABLE = b"title,notes\nOne,First\nTwo,Second\n"
MIB = 2**20


@pytest.fixture
async def small_house(import_environ: dict[str, str], import_database: Database) -> AsyncGenerator[House]:
    """An application that takes files of one MiB, one at a time, and waits for half a second."""
    overrides = {
        "CREATORVAULT_TRANSFER__IMPORT_BYTES": str(MIB),
        "CREATORVAULT_TRANSFER__IMPORTS_AT_ONCE": "1",
        "CREATORVAULT_SERVER__BODY_SECONDS": "0.5",
    }
    async with open_house(import_environ | overrides, import_database) as house:
        yield house


@pytest.fixture
def small(small_house: House) -> Mover:
    return Mover(small_house.creator(), small_house)


def problem(answer: Any, status: int = 422) -> tuple[str, list[str]]:
    assert answer.status_code == status, answer.text
    [error] = answer.json()["detail"]
    return error["type"], error["loc"]


@pytest.mark.parametrize(
    ("media_type", "file", "found"),
    [
        ("text/markdown; charset=utf-8", PAGE, "markdown"),
        ("text/csv", b"title\nOne\n", "csv"),
        ("application/zip", zipped({"page.md": PAGE}), "markdown"),
        ("application/octet-stream", TABLE, "csv"),
        ("application/x-www-form-urlencoded", TABLE, "csv"),
    ],
)
async def test_a_file_may_be_the_body(mover: Mover, media_type: str, file: bytes, found: str) -> None:
    answer = await mover.send(file, headers={"Content-Type": media_type}, params={"preview": "true"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["format"] == found


async def test_other_fields_of_a_form_are_ignored(mover: Mover) -> None:
    form = {"files": {"other": ("a.csv", b"x" * 100_000), "file": ("b.csv", TABLE)}, "data": {"name": "Ada"}}
    answer = await mover.creator.request("POST", f"{mover.url}?preview=true", **form)

    assert answer.json()["ideas"] == 2


async def test_a_form_needs_one_file(mover: Mover) -> None:
    async def sent(**form: Any) -> tuple[str, list[str]]:
        return problem(await mover.creator.request("POST", mover.url, **form))

    twice = [("file", ("a.csv", TABLE)), ("file", ("b.csv", TABLE))]
    assert await sent(files={"other": ("a.csv", TABLE)}) == ("missing", ["body", "file"])
    assert await sent(files=twice) == ("multipart_invalid", ["body", "file"])
    assert await sent(files=[("file", ("a.csv", b""))]) == ("missing", ["body"])
    assert await sent(content=b"") == ("missing", ["body"])


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary at all",
        b"--limit\r\nContent-Disposition: form-data; name=file\r\n\r\nOne",
        b"--limit\r\n\r\n\r\n--limit--\r\n",
        b"--limit\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(100)) + b"\r\n\r\n--limit--",
        b"--limit\r\nContent-Disposition: form-data; name=other\r\n\r\nOne\r\n" * 17 + b"--limit--\r\n",
        b"--limit\r\nContent-Disposition: form-data; name=\xff\r\n\r\nOne\r\n--limit--\r\n",
    ],
)
async def test_a_broken_form_is_refused(mover: Mover, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    assert problem(await mover.send(body, headers=headers)) == ("multipart_invalid", ["body", "file"])


async def test_a_form_without_a_boundary_is_refused(mover: Mover) -> None:
    answer = await mover.send(TABLE, headers={"Content-Type": "multipart/form-data"})
    assert problem(answer) == ("multipart_invalid", ["body", "file"])


async def test_a_file_in_another_format_than_the_client_says_is_refused(mover: Mover) -> None:
    answer = await mover.send(TABLE, params={"format": "trello"})
    assert problem(answer) == ("another_format", ["body", "file"])
    assert answer.json()["detail"][0]["msg"] == "The file is csv, not trello"

    one_column = await mover.send(b"title\nOne\n", params={"format": "csv", "preview": "true"})
    assert one_column.json()["ideas"] == 1


async def test_bad_parameters_are_named(mover: Mover) -> None:
    answer = await mover.send(TABLE, params={"format": "word", "preview": "perhaps"})

    assert [error["loc"] for error in answer.json()["detail"]] == [["query", "format"], ["query", "preview"]]
    assert (await mover.creator.request("GET", f"{mover.url}/42")).status_code == 422
    assert (await mover.creator.request("GET", f"{mover.url}/{UUID(int=7)}")).status_code == 404
    assert (await mover.creator.request("DELETE", f"{mover.url}/{UUID(int=7)}")).status_code == 404


async def test_refusals_name_the_file_or_row_and_store_nothing(mover: Mover, import_sql: asyncpg.Connection) -> None:
    start = b'{"type":"export","format":"creatorvault","version":1,"user_id":"a","exported_at":"2026-01-01T00:00:00Z"}'
    broken = start + b'\n{"type":"settings","retention_days":"many"}\n'
    bomb = zipped({"notes/huge.md": b"# Huge\n" + bytes(30 * MIB)})

    assert problem(await mover.send(broken)) == ("line_invalid", ["body", "file", "line 2"])
    assert problem(await mover.send(bomb)) == ("compressed_too_much", ["body", "file"])
    for table in ("imports", "import_chunks", "ideas"):
        count = f"SELECT count(*) FROM {table} WHERE user_id = $1"
        assert await import_sql.fetchval(count, mover.creator.user_id) == 0


async def test_a_file_that_is_too_large_is_refused_with_the_limit(small: Mover) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(1000):
            yield bytes(64 * 1024)
        pytest.fail("the whole body was read")

    for answer in (
        await small.send(bytes(MIB + 1)),
        await small.send(bytes(MIB + 1), "large.csv"),
        await small.creator.request("POST", small.url, content=endless()),
    ):
        assert answer.status_code == 413
        assert answer.json()["detail"] == f"The file may have {MIB} bytes (transfer.import_bytes)"
    fits = b"title,notes\n" + b"".join(b"%d,%s\n" % (number, b"x" * 4000) for number in range(250))
    assert len(fits) < MIB
    assert (await small.send(fits, params={"preview": "true"})).json()["ideas"] == 250


async def test_other_routes_keep_their_limit(mover: Mover) -> None:
    assert (await mover.creator.post({"title": "Long", "notes": "x" * 100_000})).status_code == 413


async def test_a_slow_client_is_given_up(small: Mover) -> None:
    async def slow() -> AsyncGenerator[bytes]:
        yield TABLE
        await asyncio.sleep(60)
        yield TABLE

    answer = await small.creator.request("POST", small.url, content=slow())

    assert (answer.status_code, answer.headers["Connection"]) == (408, "close")
    assert (await small.send(TABLE, params={"preview": "true"})).status_code == 200


async def test_a_large_file_may_take_longer_than_other_bodies(small: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SLOWEST_BYTES_PER_SECOND", 1)

    async def steady() -> AsyncGenerator[bytes]:
        yield TABLE
        await asyncio.sleep(0.7)
        yield b"Three,Third\n"

    answer = await small.creator.request("POST", f"{small.url}?preview=true", content=steady())

    assert answer.json()["ideas"] == 3


async def test_only_a_few_files_are_received_at_a_time(small: Mover, small_house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def held() -> AsyncGenerator[bytes]:
        yield TABLE
        begun.set()
        await go_on.wait()

    first = asyncio.create_task(small.creator.request("POST", f"{small.url}?preview=true", content=held()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads, "SLOWEST_BYTES_PER_SECOND", 1)
        await begun.wait()
        own = await small.send(TABLE)
        others = await Mover(small_house.creator(), small_house).send(TABLE)
        go_on.set()
        assert (await first).status_code == 200

    assert (own.status_code, own.headers["Retry-After"]) == (409, "5")
    assert (others.status_code, others.headers["Retry-After"]) == (503, "10")
    assert not part_of(small_house.app, TransferParts).uploads._taken


async def test_a_creator_has_few_unfinished_imports(mover: Mover) -> None:
    for number in range(5):
        assert (await mover.send(b"title,notes\nOne,%d\n" % number)).status_code == 202
    refused = await mover.send(TABLE)
    assert (refused.status_code, refused.headers["Retry-After"]) == (409, "60")

    page = (await mover.creator.request("GET", f"{mover.url}?limit=2")).json()
    assert (page["total"], len(page["items"]), page["limit"], page["offset"]) == (5, 2, 2, 0)
    cancelled = await mover.creator.request("DELETE", f"{mover.url}/{page['items'][0]['id']}")
    assert cancelled.status_code == 204
    assert (await mover.send(TABLE)).status_code == 202


async def test_a_repeated_request_is_accepted_once(mover: Mover, import_sql: asyncpg.Connection) -> None:
    once: dict[str, Any] = {"headers": {"Idempotency-Key": "once"}}
    first, second = await mover.send(TABLE, **once), await mover.send(TABLE, **once)
    other = await mover.send(PAGE, **once)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"] == f"{mover.url}/{first.json()['id']}"
    assert problem(other)[0] == "value_error"
    own = mover.creator.user_id
    assert await import_sql.fetchval("SELECT count(*) FROM imports WHERE user_id = $1", own) == 1
    assert await import_sql.fetchval("SELECT count(*) FROM jobs.queue WHERE user_id = $1", own) == 1
    await mover.creator.request("DELETE", first.headers["Location"])
    assert (await mover.send(TABLE, **once)).status_code == 404


async def test_requests_with_one_key_at_once_are_accepted_once(mover: Mover, import_sql: asyncpg.Connection) -> None:
    await mover.creator.idea()
    once: dict[str, Any] = {"headers": {"Idempotency-Key": "at-once"}}

    with pytest.MonkeyPatch.context() as patch:
        # As two processes would: each has places of its own.
        patch.setattr(uploads.UploadPlaces, "taken", lambda *_: nullcontext())
        answers = await asyncio.gather(*(mover.send(TABLE, **once) for _ in range(3)))

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 202}) == 1
    rows = await import_sql.fetch("SELECT state FROM imports WHERE user_id = $1", mover.creator.user_id)
    assert [row["state"] for row in rows] == ["waiting"]


async def test_imports_of_others_are_neither_read_nor_changed(mover: Mover, other: Mover) -> None:
    import_id = (await mover.send(TABLE)).json()["id"]

    for method, url in (
        ("POST", mover.url),
        ("GET", mover.url),
        ("GET", f"{mover.url}/{import_id}"),
        ("DELETE", f"{mover.url}/{import_id}"),
    ):
        answer = await other.creator.request(method, url)
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": "Cannot access other users' imports", "code": "not_owner"},
        )
    for method in ("GET", "DELETE"):
        own = await other.creator.request(method, f"{other.url}/{import_id}")
        assert (own.status_code, own.json()) == (
            404,
            {"detail": f"Import {import_id} not found", "code": "import_not_found"},
        )
    assert (await mover.read(import_id))["state"] == "waiting"


async def test_nothing_is_spooled_to_the_disk(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        pytest.fail("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refused)
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refused)
    large = b"title,notes\n" + b"".join(b"%d,%s\n" % (number, b"x" * 4000) for number in range(1000))

    assert (await mover.send(large, "large.csv")).status_code == 202
    assert (await mover.send(zipped({"large.md": PAGE + b"x " * MIB}), "large.zip")).status_code in (202, 422)

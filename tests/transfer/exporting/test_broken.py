"""An export that meets something that does not open, or a client that does not read."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from creatorvault.core.parts import part_of, parts_of
from creatorvault.ideas.history.sealing import PruningSealer
from creatorvault.transfer.exporting.metrics import export_metrics
from creatorvault.transfer.exporting.parts import ExportParts, ExportTurns
from tests.application import House
from tests.core.test_connections import serving
from tests.factories import Creator
from tests.logs import Logs, captured_logs
from tests.transfer.exporting.vaults import exported, lines_of, lived, url_of
from tests.ways import forget, vault_of

MANY = 300
"""More than are read at once."""

OF = "WHERE user_id = $1"


def turns_of(house: House) -> ExportTurns:
    return part_of(house.app, ExportParts).turns


async def fill(creator: Creator, ideas: int = MANY) -> None:
    """Ideas of 20 KB each, so that the response begins long before the end of the vault."""
    for number in range(ideas):
        await creator.idea(f"Idea {number}", notes="\u00e4" * 5000)


async def break_last(database: asyncpg.Connection, creator: Creator, table: str = "ideas") -> str:
    found = await database.fetchval(f"SELECT id FROM {table} {OF} ORDER BY id DESC LIMIT 1", creator.user_id)
    await database.execute(
        f"UPDATE {table} SET title = set_byte(title, 40, get_byte(title, 40) # 1) {OF} AND id = $2",
        creator.user_id,
        found,
    )
    return str(found)


class Served:
    """The body of a response of a real server, until it ends or is cut off."""

    def __init__(self, data: bytes, *, was_reset: bool) -> None:
        self.data = data
        self.was_reset = was_reset

    @property
    def is_whole(self) -> bool:
        return self.data.endswith(b"0\r\n\r\n") and not self.was_reset


def request_of(creator: Creator, version: str = "1.1", query: str = "") -> bytes:
    lines = [f"GET {url_of(creator)}{query} HTTP/{version}", "Host: a", "Connection: close"]
    return "\r\n".join([*lines, f"Authorization: Bearer {creator.token}", "", ""]).encode()


async def served(house: House, creator: Creator, version: str = "1.1", query: str = "") -> Served:
    async with serving(house) as connect:
        peer = await connect()
        peer.send(request_of(creator, version, query))
        data = b""
        try:
            async with asyncio.timeout(60):
                while piece := await peer.reader.read(65_536):
                    data += piece
        except ConnectionResetError:
            return Served(data, was_reset=True)
        return Served(data, was_reset=False)


async def test_a_whole_export_is_served_as_chunks(house: House, ada: Creator) -> None:
    await fill(ada, 20)
    answer = await served(house, ada)

    assert answer.is_whole
    assert b"transfer-encoding: chunked" in answer.data
    assert b'{"type":"end","ideas":20' in answer.data


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_value_that_does_not_open_cuts_the_response_off(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs, version: str
) -> None:
    await fill(ada)
    broken = await break_last(database, ada)
    for format_ in ("jsonl", "csv", "markdown"):
        answer = await served(house, ada, version, f"?format={format_}")

        assert answer.data.startswith(b"HTTP/1.1 200")
        assert answer.was_reset
        assert not answer.is_whole
        assert b'"type":"end"' not in answer.data
        assert b"PK\x05\x06" not in answer.data
        assert logs.named("alarm")[-1]["idea_id"] == broken
    assert len(logs.named("alarm")) == 3
    assert logs.named("response.cut_off")
    assert turns_of(house).under_way == 0
    assert "\u00e4\u00e4" not in logs.text


async def test_before_the_response_has_begun_it_is_an_error(
    ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    await ada.idea("One")
    await break_last(database, ada)
    answer = await ada.request("GET", url_of(ada))

    assert answer.status_code == 500
    assert answer.json()["detail"] == "Internal server error"
    assert [alarm["code"] for alarm in logs.named("alarm")] == ["tampered"]


def sql(*statements: str) -> Callable[[asyncpg.Connection, str], Any]:
    async def execute(database: asyncpg.Connection, user_id: str) -> None:
        await database.execute("SET session_replication_role = replica")
        for statement in statements:
            await database.execute(statement, user_id)

    return execute


THE_FIRST = "(SELECT id FROM {0} WHERE user_id = $1 ORDER BY id LIMIT 1)"
TAMPERED = {
    "an idea is gone": sql(f"DELETE FROM ideas {OF} AND id = {THE_FIRST.format('ideas')}"),
    "all ideas are gone": sql(f"DELETE FROM ideas {OF}"),
    "an idea was copied": sql(
        "INSERT INTO ideas (tenant_id, user_id, id, title, notes, tags, stage, priority, created_at, updated_at, stamp,"
        " number, previous, revision) SELECT tenant_id, user_id, gen_random_uuid(), title, notes, tags, stage,"
        f" priority, created_at, updated_at, stamp, number, previous, revision FROM ideas {OF} LIMIT 1",
    ),
    "the digest differs": sql(f"UPDATE vaults SET digest = digest # 1 {OF}"),
    "a version in the middle is gone": sql(f"DELETE FROM idea_versions {OF} AND number = 2"),
    "the first version is gone": sql(f"DELETE FROM idea_versions {OF} AND number = 1"),
    "all versions are gone": sql(f"DELETE FROM idea_versions {OF}"),
    "a version is another": sql(f"UPDATE idea_versions SET stamp = stamp # 1 {OF} AND number = 1"),
    "a version was replaced at another time": sql(
        f"UPDATE idea_versions SET replaced_at = replaced_at + interval '1 second' {OF} AND number = 2"
    ),
    "versions have changed places": sql(
        f"UPDATE idea_versions SET number = -number {OF}", f"UPDATE idea_versions SET number = 3 + number {OF}"
    ),
    "the trash is gone": sql(f"DELETE FROM trashed_ideas {OF}"),
    "a deletion was at another time": sql(
        f"UPDATE trashed_ideas SET deleted_at = deleted_at + interval '1 second' {OF}"
    ),
    "a version does not open": sql(f"UPDATE idea_versions SET stage = (stage + 1) % 3 {OF} AND number = 1"),
    "a deleted idea does not open": sql(f"UPDATE trashed_ideas SET priority = (priority + 1) % 3 {OF}"),
}


@pytest.mark.parametrize("act", TAMPERED.values(), ids=TAMPERED)
async def test_what_was_changed_outside_of_the_service_is_an_alarm(
    ada: Creator, database: asyncpg.Connection, logs: Logs, act: Callable[[asyncpg.Connection, str], Any]
) -> None:
    await lived(ada)
    await exported(ada)
    await act(database, ada.user_id)
    answer = await ada.request("GET", url_of(ada))

    assert answer.status_code == 500
    assert len(logs.named("alarm")) == 1
    assert logs.named("alarm")[0]["code"] in ("tampered", "vault_mismatch")


async def test_what_is_older_than_the_retention_is_left_out(ada: Creator, database: asyncpg.Connection) -> None:
    await lived(ada)
    await sql(f"UPDATE vaults SET retention_days = 0 {OF}")(database, ada.user_id)
    _, settings, *entries, end = lines_of(await exported(ada))

    assert settings["retention_days"] == 0
    assert {entry["type"] for entry in entries} == {"idea"}
    assert (end["versions"], end["trashed"]) == (0, 0)


async def test_one_export_at_a_time_for_each_creator(house: House, ada: Creator, creator: Any) -> None:
    turns = turns_of(house)
    await fill(ada, 60)
    async with serving(house) as connect:
        peer = await connect()
        peer.send(request_of(ada))
        await peer.reader.readuntil(b"\r\n\r\n")
        refused = await ada.request("GET", url_of(ada))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        assert refused.json() == {
            "detail": "Another export of yours is under way: try again in 10 seconds",
            "code": "export_under_way",
        }
        assert (await creator().request("GET", url_of(creator()))).status_code == 403
        bob = creator()
        assert (await bob.request("GET", url_of(bob))).status_code == 200
        peer.writer.transport.abort()
        async with asyncio.timeout(60):
            while turns.under_way:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.01)
    assert (await ada.request("GET", url_of(ada))).status_code == 200


async def test_a_full_process_refuses_further_exports(house_with: Any) -> None:
    house = await house_with(CREATORVAULT_TRANSFER__EXPORTS_AT_ONCE="1")
    ada, bob = house.creator(), house.creator()
    await fill(ada, 60)
    async with serving(house) as connect:
        peer = await connect()
        peer.send(request_of(ada))
        await peer.reader.readuntil(b"\r\n\r\n")
        refused = await bob.request("GET", url_of(bob))
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert refused.json()["detail"] == "Too many exports are under way"


async def test_a_client_that_stops_reading_is_cut_off(house_with: Any) -> None:
    house = await house_with(CREATORVAULT_TRANSFER__EXPORT_STALLED_SECONDS="0.3")
    ada = house.creator()
    await fill(ada, 60)
    turns, database = turns_of(house), part_of(house.app, ExportParts).database
    async with serving(house) as connect:
        with captured_logs() as logs:
            peer = await connect()
            peer.send(request_of(ada))
            await peer.reader.readuntil(b"\r\n\r\n")
            async with asyncio.timeout(60):
                while turns.under_way or not logs.named("request"):  # noqa: ASYNC110  # it tells nobody
                    await asyncio.sleep(0.01)
        assert turns.broken == 1
        assert database.engine.pool.status().endswith("Current Checked out connections: 0")
        assert [event["reason"] for event in logs.named("response.cut_off")] == ["TimeoutError"]
        try:
            rest = await peer.reader.read()
        except ConnectionResetError:
            rest = b""
        assert not rest.endswith(b"0\r\n\r\n")


async def test_an_export_that_takes_too_long_is_cut_off(house_with: Any) -> None:
    house = await house_with(CREATORVAULT_TRANSFER__EXPORT_SECONDS="0.001")
    ada = house.creator()
    await fill(ada, 60)
    answer = await ada.request("GET", url_of(ada))

    assert answer.status_code == 503
    assert turns_of(house).under_way == 0


async def test_shutdown_ends_an_export(house: House, ada: Creator) -> None:
    await fill(ada, 60)
    async with serving(house, shutdown_seconds=1) as connect:
        peer = await connect()
        peer.send(request_of(ada))
        await peer.reader.readuntil(b"\r\n\r\n")
        own = peer.writer.transport
        # Leaving the block ends the server, which waits for a response for a second.
    assert turns_of(house).under_way == 0
    own.abort()


async def test_an_erased_vault_is_refused(ada: Creator) -> None:
    await ada.idea("Gone")
    asked = await ada.request("DELETE", "/api/v1/users/me")
    confirmation = {"Erasure-Confirmation": asked.json()["confirmation"]}
    assert (await ada.request("DELETE", "/api/v1/users/me", headers=confirmation)).is_success
    answer = await ada.request("GET", url_of(ada))

    assert answer.status_code == 403
    assert json.loads(answer.content)["detail"]


async def test_exports_are_counted(house: House, ada: Creator) -> None:
    before = turns_of(house).finished
    await exported(ada)

    assert turns_of(house).finished == before + 1


async def test_ideas_without_a_vault_are_an_alarm(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    await ada.idea("Without a vault")
    await sql(f"DELETE FROM vaults {OF}")(database, ada.user_id)
    forget(house, vault_of(ada))
    answer = await ada.request("GET", url_of(ada))

    assert answer.status_code == 500
    assert [alarm["code"] for alarm in logs.named("alarm")] == ["vault_mismatch"]


async def test_versions_may_be_missing_until_the_history_is_gone(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    await lived(ada)
    vault, until = vault_of(ada), datetime.now(UTC)
    sealed = PruningSealer.of(house.parts.cipher_of(vault)).seal(until)
    await database.execute(
        "INSERT INTO history_prunings (tenant_id, user_id, pruned_until, sealed) VALUES ($1, $2, $3, $4)",
        *(vault.tenant_id, vault.user_id, until, sealed),
    )
    await sql(f"DELETE FROM idea_versions {OF} AND number = 1")(database, ada.user_id)
    *_, end = lines_of(await exported(ada))
    assert end["versions"] == 3

    await sql("UPDATE history_prunings SET pruned_until = pruned_until + interval '1 second' WHERE user_id = $1")(
        database, ada.user_id
    )
    assert (await ada.request("GET", url_of(ada))).status_code == 500


async def test_metrics_tell_how_many_there_are(house: House, ada: Creator) -> None:
    await exported(ada)
    told = {metric.name: metric.samples[0].value for metric in export_metrics(parts_of(house.app))}

    assert told["creatorvault_exports_under_way"] == 0
    assert told["creatorvault_exports_finished"] >= 1
    assert "creatorvault_exports_broken" in told

"""Sessions and refusals whose time is over are forgotten."""

from datetime import UTC, datetime
from hashlib import sha256

import asyncpg
from msgspec.structs import replace

from creatorvault.apps import background
from creatorvault.core.parts import Parts, parts_of
from creatorvault.settings.sections import Settings
from tests.application import House
from tests.console.conftest import SignedInWith
from tests.console.pages import PAGE

PRUNE = background().schedules["console.prune"].run
INSERT = "INSERT INTO console_refusals VALUES ($1, $2::timestamptz - $3::float * interval '1 second', 3)"


async def test_only_what_is_over_is_forgotten(
    console: House, signed_in: SignedInWith, database: asyncpg.Connection
) -> None:
    over, going_on, now = await signed_in("read"), await signed_in("read"), datetime.now(UTC)
    ended = sha256(over.cookies["creatorvault-console"].encode()).digest()
    await database.execute("UPDATE console_sessions SET expires_at = $2 WHERE id = $1", ended, now)
    for age in (299, 301):
        await database.execute(INSERT, b"%d" % age, now, float(age))

    await PRUNE(parts_of(console.app))

    assert not await database.fetch("SELECT FROM console_sessions WHERE expires_at <= $1", now)
    assert (await going_on.get(PAGE)).status_code == 200
    rows = await database.fetch("SELECT address FROM console_refusals WHERE address = ANY ($1)", [b"299", b"301"])
    assert [row["address"] for row in rows] == [b"299"]


async def test_without_a_login_for_operators_there_is_nothing_to_forget(settings: Settings) -> None:
    await PRUNE(Parts(replace(settings, database=replace(settings.database, operator_url=None))))

"""The minimum and maximum due dates, which the driver stores as infinities, as documented in docs/encryption.md."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from creatorvault.crypto.envelope import microseconds
from tests.application import House
from tests.factories import Creator
from tests.ideas.tampering import assert_plain_fault
from tests.logs import Logs
from tests.ways import vault_of

DOCUMENT: Final = (Path(__file__).parents[2] / "docs" / "encryption.md").read_text(encoding="utf-8")
ENDS: Final = {"0001-01-01T00:00:00Z": "-infinity", "9999-12-31T23:59:59.999999Z": "infinity"}


@pytest.mark.parametrize(("due_date", "column"), ENDS.items())
async def test_an_extreme_due_date_is_an_infinity_only_in_the_column(
    house: House, ada: Creator, database: asyncpg.Connection, due_date: str, column: str
) -> None:
    idea = await ada.idea("Some day", due_date=due_date)

    assert await database.fetchval("SELECT due_date::text FROM ideas WHERE id = $1", idea["id"]) == column
    assert f"`{due_date}`" in DOCUMENT
    assert f"`{column}`" in DOCUMENT
    assert str(microseconds(datetime.fromisoformat(due_date).astimezone(UTC))) in DOCUMENT
    assert idea["due_date"] == due_date
    house.parts.search_cache.forget(vault_of(ada))
    for listed in (await ada.list(), await ada.list({"stage": "idea"}), await ada.list({"search": "some"})):
        assert [shown["due_date"] for shown in listed.json()["items"]] == [due_date]
    house.parts.keyring.forget(vault_of(ada))  # so that a snapshot is read
    assert (await ada.get(idea)).json() == idea
    assert (await ada.patch(idea, {"notes": "Still some day"})).json()["due_date"] == due_date


@pytest.mark.parametrize(("due_date", "column"), ENDS.items())
async def test_both_spellings_of_an_extreme_due_date_are_equal(
    ada: Creator, database: asyncpg.Connection, due_date: str, column: str
) -> None:
    idea = await ada.idea("Some day", due_date=due_date)

    await database.execute(f"UPDATE ideas SET due_date = '{due_date}'::timestamptz WHERE id = $1", idea["id"])

    assert await database.fetchval("SELECT due_date::text FROM ideas WHERE id = $1", idea["id"]) != column
    assert (await ada.get(idea)).json() == idea


@pytest.mark.parametrize(
    ("due_date", "edited"),
    [
        (due_date, edited)
        for due_date in (None, "2026-12-24T00:00:00Z", *ENDS)
        for edited in (*ENDS.values(), None)
        if edited != ENDS.get(due_date or "")
    ],
)
async def test_an_infinity_that_was_not_sealed_raises_an_alert(
    ada: Creator, database: asyncpg.Connection, logs: Logs, due_date: str | None, edited: str | None
) -> None:
    idea = await ada.idea("Some day", due_date=due_date)

    await database.execute("UPDATE ideas SET due_date = $2::text::timestamptz WHERE id = $1", idea["id"], edited)

    assert_plain_fault(await ada.get(idea))
    assert [alert["code"] for alert in logs.named("alarm")] == ["tampered"]

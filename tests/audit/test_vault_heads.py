"""`creatorvault audit heads` stores what vaults held, and `audit verify --heads` finds vaults that were set back."""

from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tests.application import House
from tests.audit.conftest import Command
from tests.factories import Creator
from tests.vault_rows import inserted_columns
from tests.ways import vault_of

ODD: Final = 'ad+ä " \\ 日 user'
"""A user id with characters that separate words, quote, or are not ASCII."""

TABLES: Final = ("ideas", "vaults", "idea_segments", "vault_checkpoints")


async def searched(house: House, creator: Creator) -> None:
    """Reads the whole vault, which writes a checkpoint."""
    house.parts.search_cache.forget(vault_of(creator))
    assert (await creator.list({"search": "idea"})).status_code == 200
    await house.parts.checkpoint_writer.finish()


@pytest.fixture
async def ada(fresh_house: House) -> Creator:
    ada = fresh_house.creator(ODD)
    for number in range(3):
        await ada.idea(f"Idea {number}")
    await searched(fresh_house, ada)
    return ada


@pytest.fixture
async def keep(attacker: asyncpg.Connection, ada: Creator) -> None:
    """Saves the whole vault as it is, for an attacker who puts it back later."""
    for table in TABLES:
        columns = await inserted_columns(attacker, table)
        await attacker.execute(
            f"CREATE TEMP TABLE kept_{table} AS SELECT {columns} FROM {table} WHERE user_id = $1", ODD
        )


async def put_back(attacker: asyncpg.Connection) -> None:
    for table in TABLES:
        await attacker.execute(f"DELETE FROM {table} WHERE user_id = $1", ODD)
        columns = await inserted_columns(attacker, table)
        await attacker.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM kept_{table}")


def kept(command: Command, folder: Path) -> str:
    """Stores the heads, and returns the name of the file."""
    result = command("audit", "heads")
    assert result.exit_code == 0, result.output
    file = folder / "heads"
    file.write_text(result.output, encoding="ascii")
    return str(file)


async def test_heads_contain_the_checkpoint_of_each_vault(
    ada: Creator, command: Command, fresh_sql: asyncpg.Connection
) -> None:
    row = await fresh_sql.fetchrow("SELECT tenant_id, revision, ideas, digest FROM vault_checkpoints")

    lines = command("audit", "heads").output.splitlines()

    words = [line.split(" ") for line in lines if line.startswith("vault ")]
    user = "ad%2B%C3%A4%20%22%20%5C%20%E6%97%A5%20user"
    assert words == [["vault", str(row["tenant_id"]), user, "3", "3", row["digest"].hex()]]


async def test_a_vault_that_went_on_is_no_finding(
    ada: Creator, fresh_house: House, command: Command, tmp_path: Path
) -> None:
    heads = kept(command, tmp_path)
    assert command("audit", "verify", "--heads", heads).exit_code == 0

    await ada.idea("Idea since")
    assert command("audit", "verify", "--heads", heads).exit_code == 0
    await searched(fresh_house, ada)

    result = command("audit", "verify", "--heads", heads)
    assert (result.exit_code, result.output) == (0, "The audit log is whole.\n")


@pytest.mark.usefixtures("keep")
async def test_a_vault_set_back_as_a_whole_is_found_only_by_heads_stored_elsewhere(
    ada: Creator, fresh_house: House, attacker: asyncpg.Connection, command: Command, tmp_path: Path
) -> None:
    await ada.idea("Idea since")
    await searched(fresh_house, ada)
    heads = kept(command, tmp_path)

    await put_back(attacker)

    assert command("audit", "verify").exit_code == 0, "the database alone cannot show it"
    result = command("audit", "verify", "--heads", heads)
    assert result.exit_code == 1
    assert "its revision 3 is lower than 4, which was kept elsewhere" in result.output


@pytest.mark.usefixtures("keep")
async def test_a_vault_set_back_and_changed_since_is_found(
    ada: Creator, fresh_house: House, attacker: asyncpg.Connection, command: Command, tmp_path: Path
) -> None:
    """Its revision is the same again, and one change later there is no checkpoint of the revision that was kept."""
    await ada.idea("Idea since")
    await searched(fresh_house, ada)
    heads = kept(command, tmp_path)

    await put_back(attacker)
    fresh_house.parts.revisions.forget(vault_of(ada))
    await ada.idea("Idea instead")
    assert "its checkpoint of revision 4, which was kept elsewhere, is gone" in verified(command, heads)
    await searched(fresh_house, ada)

    assert "at revision 4 it held something else" in verified(command, heads)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("DELETE FROM vault_checkpoints", "its checkpoint of revision 3, which was kept elsewhere, is gone"),
        ("UPDATE vault_checkpoints SET ideas = 2", "at revision 3 it held something else"),
        ("DELETE FROM vault_checkpoints; DELETE FROM vaults", "it is gone"),
    ],
)
async def test_what_is_gone_or_edited_is_found(
    ada: Creator, attacker: asyncpg.Connection, command: Command, tmp_path: Path, statement: str, text: str
) -> None:
    heads = kept(command, tmp_path)

    await attacker.execute(statement)

    assert command("audit", "verify").exit_code == 0
    assert text in verified(command, heads)


def verified(command: Command, heads: str) -> str:
    result = command("audit", "verify", "--heads", heads)
    assert result.exit_code == 1
    return str(result.output)


@pytest.mark.parametrize("targets", ['{"keys": "1"}', '{"keys": "1", "user_id": "USER"}'])
async def test_an_erased_vault_is_no_finding(
    ada: Creator, fresh_house: House, attacker: asyncpg.Connection, command: Command, tmp_path: Path, targets: str
) -> None:
    heads = kept(command, tmp_path)
    tenant = vault_of(ada).tenant_id
    recorder = fresh_house.parts.audit
    await attacker.execute("DELETE FROM vault_checkpoints")
    named = {} if "USER" not in targets else {"user_id": ODD}

    async with fresh_house.parts.database.writing(tenant) as session:
        await recorder.recorder("test", None).record(session, tenant, "keys.destroyed", keys="1", **named)

    assert command("audit", "verify", "--heads", heads).exit_code == 0


async def test_the_erasure_of_another_vault_explains_nothing(
    ada: Creator, fresh_house: House, attacker: asyncpg.Connection, command: Command, tmp_path: Path
) -> None:
    heads = kept(command, tmp_path)
    tenant = vault_of(ada).tenant_id
    await attacker.execute("DELETE FROM vault_checkpoints")

    async with fresh_house.parts.database.writing(tenant) as session:
        recorder = fresh_house.parts.audit.recorder("test", None)
        await recorder.record(session, tenant, "keys.destroyed", keys="1", user_id="another")

    assert "is gone" in verified(command, heads)


async def test_files_without_vaults_are_still_read(ada: Creator, command: Command, tmp_path: Path) -> None:
    lines = command("audit", "heads").output.splitlines()
    file = tmp_path / "earlier"
    file.write_text("".join(f"{line}\n" for line in lines if not line.startswith("vault ")))

    assert command("audit", "verify", "--heads", str(file)).exit_code == 0


@pytest.mark.parametrize("line", ["vault", "vault x y 1 1 00", "vault 3b1f8a60-6a0e-5c1d-9f57-0c2d1e4b7a99 %FF 1 1 00"])
def test_invalid_lines_are_refused(command: Command, tmp_path: Path, line: str) -> None:
    file = tmp_path / "heads"
    file.write_text(f"{line}\n")

    result = command("audit", "verify", "--heads", str(file))

    assert result.exit_code == 1
    assert "is not what `creatorvault audit heads` prints" in " ".join(result.output.split())

"""The command in a process of its own: killed, following, and refusing what it cannot read."""

import asyncio
import signal
import subprocess
from asyncio import to_thread
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from tests.application import House
from tests.commands import INHERITED, Command, completed
from tests.postgres import Cluster, Database
from tests.transfer.fastapi.moving import TABLE, Move, creators, listed, row, titles

DEADLINE = 90.0


def environ_of(own_environ: dict[str, str], move: Move) -> dict[str, str]:
    return {**INHERITED, **own_environ, "FASTAPI_DATABASE_URL": move.database.superuser_url}


@asynccontextmanager
async def started(environ: dict[str, str], log: Path, *options: str) -> AsyncGenerator[Command[bytes]]:
    with log.open("wb") as output:
        command = Command[bytes](["import", "fastapi", *options], env=environ, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield command
    finally:
        if command.poll() is None:
            command.kill()
        await to_thread(command.wait)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - what another process does
            await asyncio.sleep(0.02)


async def test_killed_twice_it_goes_on_and_stores_nothing_twice(
    service: House, move: Move, own_environ: dict[str, str], sql: asyncpg.Connection, tmp_path: Path
) -> None:
    everybody = creators(service, 3)
    rows = [row(everybody[n % 3].user_id, title=f"Idea {n}", minutes=n) for n in range(6_000)]
    await move.insert(*rows)
    ids, environ, before = [one["id"] for one in rows], environ_of(own_environ, move), 0
    for _ in range(2):
        async with started(environ, tmp_path / "log") as command:
            async with asyncio.timeout(DEADLINE):
                while (stored := await sql.fetchval("SELECT count(*) FROM ideas WHERE id = ANY ($1)", ids)) <= before:
                    assert command.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            command.kill()
        before = stored

    done = await to_thread(completed, "import", "fastapi", env=environ)

    assert done.returncode == 0, done.stderr
    assert "6,000 rows read: 6,000 accepted, 0 broken." in done.stdout
    assert "equal" in done.stdout
    assert "NOT EQUAL" not in done.stdout
    assert await sql.fetchval("SELECT count(*) FROM ideas WHERE id = ANY ($1)", ids) == 6_000
    assert [(await one.list({})).json()["total"] for one in everybody] == [2_000] * 3


async def test_it_follows_writers_until_it_is_told_to_stop(
    service: House, move: Move, own_environ: dict[str, str], tmp_path: Path
) -> None:
    ada, bob = creators(service, 2)
    first, gone = row(ada.user_id, title="first"), row(ada.user_id, title="gone")
    await move.insert(first, gone)
    report, log = tmp_path / "closing", tmp_path / "log"
    options = ("--follow", "--every", "1", "--delete-missing", "--report", str(report))
    async with started(environ_of(own_environ, move), log, *options) as command:
        await until(lambda: "Following" in log.read_text(encoding="utf-8"))
        late = await asyncpg.connect(move.database.superuser_url)
        transaction = late.transaction()
        await transaction.start()
        old = row(bob.user_id, title="committed late")  # in a transaction that began long ago
        await late.execute("INSERT INTO ideas VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", *old.values())
        await move.change(first["id"], title="changed there")
        now = datetime.now(UTC)
        await move.insert(row(bob.user_id, title="new", created_at=now, updated_at=now))
        async with asyncio.timeout(DEADLINE):
            while await titles(bob) != ["new"] or "changed there" not in await titles(ada):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
        followed = await titles(ada)
        await transaction.commit()
        await late.close()
        await move.sql.execute("DELETE FROM ideas WHERE id = $1", gone["id"])
        command.send_signal(signal.SIGTERM)
        status = await to_thread(command.wait, DEADLINE)

    said = log.read_text(encoding="utf-8")
    assert status == 0, said
    assert followed == ["changed there", "gone"]
    assert await titles(ada) == ["changed there"]
    assert await titles(bob) == ["committed late", "new"]
    assert '"kind":"deleted"' in report.read_text(encoding="utf-8")
    assert oct(report.stat().st_mode & 0o777) == "0o600"


async def test_it_ends_following_after_a_quiet_time(service: House, move: Move, own_environ: dict[str, str]) -> None:
    [ada] = creators(service, 1)
    await move.insert(row(ada.user_id))

    options = ("--follow", "--every", "1", "--until-idle", "1")
    done = await to_thread(completed, "import", "fastapi", *options, env=environ_of(own_environ, move))

    assert done.returncode == 0, done.stderr
    assert "No change for 1 seconds." in done.stdout


async def test_a_dry_run_stores_nothing(service: House, move: Move, own_environ: dict[str, str]) -> None:
    [ada] = creators(service, 1)
    await move.insert(row(ada.user_id), row(ada.user_id, stage="x", title="kanari"))

    done = await to_thread(completed, "import", "fastapi", "--dry-run", env=environ_of(own_environ, move))

    assert done.returncode == 0, done.stderr
    assert "2 rows read: 1 accepted, 1 broken." in done.stdout
    assert "1 × stage: enum" in done.stdout
    assert "kanari" not in done.stdout + done.stderr
    assert await listed(ada) == []


async def test_a_difference_is_an_exit_status(
    service: House, move: Move, own_environ: dict[str, str], sql: asyncpg.Connection
) -> None:
    [ada] = creators(service, 1)
    one = row(ada.user_id)
    await move.insert(one)
    await move.run()
    await sql.execute("UPDATE ideas SET notes = title WHERE id = $1", one["id"])

    done = await to_thread(completed, "import", "fastapi", env=environ_of(own_environ, move))

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"Error: 1 ideas differ; creators whose ideas differ: {ada.user_id}"


MISSING = TABLE.replace("tags text, ", "")
HIDDEN = "CREATE POLICY p ON ideas USING (true); ALTER TABLE ideas ENABLE ROW LEVEL SECURITY"
READER = "creatorvault_app"
WRONG: dict[str, tuple[str, tuple[str, ...], str]] = {
    "no table": ("SELECT 1", (), "--table: the database has no such table: ideas"),
    "no name of a table": (TABLE, ("--table", 'a"b.c.d.e'), "--table: the database has no such table"),
    "missing columns": (MISSING, (), "--from: the table ideas lacks tags"),
    "other types": (
        f"{TABLE.replace('tags text', 'tags jsonb')}; GRANT SELECT ON ideas TO {READER}",
        (),
        "types that are not read: tags (jsonb)",
    ),
    "no rights": (TABLE, (), "--from: permission denied for"),
    "hidden rows": (f"{TABLE}; GRANT SELECT ON ideas TO {READER}; {HIDDEN}", (), "row-level security hides rows"),
    "unknown issuer": (TABLE, ("--issuer", "nobody"), "--issuer"),
    "dry and following": (TABLE, ("--dry-run", "--follow"), "--dry-run goes with neither"),
    "idle without following": (TABLE, ("--until-idle", "5"), "--until-idle is an option of --follow"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_it_cannot_read_is_named(bare: Move, own_environ: dict[str, str], case: str) -> None:
    statement, options, said = WRONG[case]
    await bare.sql.execute(statement)
    environ = environ_of(own_environ, bare) | {"FASTAPI_DATABASE_URL": bare.database.runtime_url}

    done = await to_thread(completed, "import", "fastapi", *options, env=environ)

    assert done.returncode in {1, 2}
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://app:hunter2@127.0.0.1:1/x", "--from: cannot connect: "),
        ("mysql://app:hunter2@127.0.0.1/x", "--from"),
        ("", "--from"),
    ],
)
async def test_an_address_that_is_none_is_named(own_environ: dict[str, str], address: str, said: str) -> None:
    done = await to_thread(completed, "import", "fastapi", "--from", address, env={**INHERITED, **own_environ})

    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


async def test_the_own_database_is_no_source(own_environ: dict[str, str], own_database: Database) -> None:
    environ = {**INHERITED, **own_environ, "FASTAPI_DATABASE_URL": own_database.superuser_url}

    own = await to_thread(completed, "import", "fastapi", env=environ)

    assert own.returncode == 1
    assert "--from: " in own.stderr


async def test_a_database_of_another_schema_is_left_as_it_is(
    move: Move, own_environ: dict[str, str], cluster: Cluster
) -> None:
    await move.insert(row("ada"))
    empty = cluster.create(f"{move.database.name}_empty")
    environ = environ_of(own_environ, move) | {
        "DATABASE_URL": empty.runtime_url,
        "DATABASE_OWNER_URL": empty.owner_url,
        "DATABASE_OPERATOR_URL": empty.operator_url,
    }

    done = await to_thread(completed, "import", "fastapi", env=environ)
    cluster.drop(empty)

    assert done.returncode == 1
    assert "creatorvault database upgrade" in done.stderr

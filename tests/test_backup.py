"""The commands of docs/operations/backups.md: dump, restore elsewhere, and use of the result."""

import subprocess
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.ideas.segments.sealing import FEWEST
from tests.application import House, environment_of, open_house
from tests.commands import completed
from tests.factories import Idea
from tests.guides.blocks import claimed
from tests.logs import captured_logs
from tests.postgres import OPERATOR, OWNER, RUNTIME, Cluster, Database
from tests.schema import unmeasured

DUMPS, RESTORES, CLEAR_UP_BLOCK = claimed(__file__)
DUMP_DATA, DUMP_KEYS = DUMPS.text.splitlines()
RESTORE_DATA, RESTORE_KEYS = RESTORES.text.splitlines()
CLEAR_UP: Final = CLEAR_UP_BLOCK.text

TITLE: Final = "Straßenbahn etiquette"
NOTES: Final = "Interview a driver"


@dataclass(frozen=True)
class Backup:
    """Two dumps, and the data at the time: `late` wrote between them, `lost` after both."""

    folder: Path
    ada: str
    idea: Idea
    listed: Sequence[Idea]
    ciphertext: bytes
    late: str
    lost: str
    """The last entity tag of the idea."""


class Shell:
    """Runs a command of the document unchanged, in a folder."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder

    def run(self, line: str, **variables: str) -> str:
        environ = {"PATH": f"{self._cluster.programs}:/usr/bin:/bin", **variables}
        done = subprocess.run(
            ["/bin/sh", "-ec", line], cwd=self._folder, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(done.stderr)
        return done.stdout

    def sql(self, statements: str, database: Database, login: str) -> None:
        self._cluster.program("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database.url(login), "-c", statements)


class Failed(Exception):
    """A failed program; contains its output."""


@pytest.fixture(scope="module")
def backup_login(cluster: Cluster) -> Generator[str]:
    """Creates the login of the document with a unique name, since logins belong to the whole cluster."""
    login = f"backup_{uuid4().hex}"
    cluster.run(f"CREATE ROLE {login} LOGIN BYPASSRLS; GRANT pg_read_all_data TO {login};")
    yield login
    cluster.run(f"DROP ROLE {login}")


@pytest.fixture(scope="module")
async def live(cluster: Cluster, home: Path) -> AsyncGenerator[House]:
    database = cluster.clone(f"live_{uuid4().hex}")
    async with open_house(environment_of(database, home), database) as house:
        yield house
    cluster.drop(database)


@pytest.fixture(scope="module")
async def backup(live: House, cluster: Cluster, backup_login: str, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    shell = Shell(cluster, folder := tmp_path_factory.mktemp("backup"))
    url = live.database.url(backup_login)
    ada, late = live.creator(), live.creator()
    idea = await ada.idea(TITLE, notes=NOTES, tags=["city", "humour"], stage="draft", due_date="2027-01-02T03:04:05Z")
    for number in range(FEWEST):
        await ada.idea(f"Number {number:02}")
    assert await ada.titles({"search": "STRASSE"}) == [TITLE]
    await live.parts.segment_writer.finish()
    await live.parts.checkpoint_writer.finish()
    assert live.parts.segment_writer.written  # so that there is something that is not dumped

    listed = (await ada.list({"limit": 100})).json()["items"]
    shell.run(DUMP_DATA, BACKUP_URL=url)
    await late.idea("In between")
    shell.run(DUMP_KEYS, BACKUP_URL=url)
    lost = (await ada.patch(idea, {"notes": "after the backup"})).headers["etag"]

    sql = await asyncpg.connect(live.database.superuser_url)
    ciphertext = await sql.fetchval("SELECT title FROM ideas WHERE id = $1", idea["id"])
    await sql.close()
    return Backup(folder, ada.user_id, idea, listed, ciphertext, late.user_id, lost)


@pytest.fixture
def empty(cluster: Cluster) -> Generator[Database]:
    database = cluster.create(f"restored_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture
def shell(cluster: Cluster, backup: Backup) -> Shell:
    return Shell(cluster, backup.folder)


def restore(shell: Shell, database: Database) -> None:
    shell.run(RESTORE_DATA, OWNER_URL=database.owner_url)
    shell.run(RESTORE_KEYS, OWNER_URL=database.owner_url)
    shell.sql(CLEAR_UP, database, OWNER)


@asynccontextmanager
async def opened(database: Database, home: Path, **overrides: str) -> AsyncGenerator[House]:
    async with open_house(environment_of(database, home) | overrides, database) as house:
        yield house


def creatorvault(database: Database, home: Path, *arguments: str, **overrides: str) -> str:
    environ = {**unmeasured(), **environment_of(database, home), **overrides}
    done = completed(*arguments, env=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
async def restored(shell: Shell, empty: Database, home: Path) -> AsyncGenerator[House]:
    """The service on a database restored as documented."""
    restore(shell, empty)
    async with opened(empty, home) as house:
        yield house


@pytest.mark.parametrize("line", [DUMP_DATA, DUMP_KEYS])
@pytest.mark.parametrize(
    ("login", "reason"),
    [
        (OWNER, "query would be affected by row-level security policy"),
        (RUNTIME, "permission denied|may lack SELECT privilege"),
        (OPERATOR, "permission denied|may lack SELECT privilege"),
    ],
)
def test_no_login_of_the_service_can_dump(
    cluster: Cluster, fresh_database: Database, tmp_path: Path, line: str, login: str, reason: str
) -> None:
    with pytest.raises(Failed, match=reason):
        Shell(cluster, tmp_path).run(line, BACKUP_URL=fresh_database.url(login))


@pytest.mark.parametrize("table", ["tenants", "vaults", "audit_events", "keys.vault_keys"])
def test_with_row_security_a_dump_succeeds_without_any_tenant(
    cluster: Cluster, live: House, backup: Backup, backup_login: str, table: str
) -> None:
    def dumped(login: str, *more: str) -> str:
        url = live.database.url(login)
        return cluster.program("pg_dump", "--data-only", f"--table={table}", *more, "-d", url)

    assert backup.ada in dumped(backup_login)
    assert backup.ada not in dumped(OWNER, "--enable-row-security")


def test_the_dumps_contain_the_right_tables_and_no_content(shell: Shell, backup: Backup) -> None:
    data, keys = (shell.run(f"pg_restore --file=- {name}.dump") for name in ("data", "keys"))

    assert backup.ada in data
    assert backup.ada in keys
    assert "COPY keys." in keys
    assert "COPY keys." not in data
    assert "COPY public." not in keys
    assert "TABLE public.idea_segments" in data
    assert "COPY public.idea_segments" not in data
    for text in (TITLE, NOTES, "humour"):
        assert text not in data + keys


async def test_a_restored_backup_can_be_read_searched_and_changed(backup: Backup, restored: House) -> None:
    ada = restored.creator(backup.ada)
    assert (await ada.get(backup.idea)).json() == backup.idea
    assert (await ada.list({"limit": 100})).json()["items"] == backup.listed
    assert await ada.titles({"search": "strasse"}) == [TITLE]
    assert await ada.titles({"tags": "City", "stage": "draft"}) == [TITLE]
    in_order = await ada.titles({"sort": "title", "order": "asc", "limit": 100})
    assert in_order == [*sorted(idea["title"] for idea in backup.listed if idea["title"] != TITLE), TITLE]

    # What is written behind a search is lost where the vault has changed by then, as it may on a busy machine.
    await restored.parts.segment_writer.finish()
    changed = await ada.patch(backup.idea, {"title": "Tram etiquette"})
    assert (changed.status_code, changed.json()["notes"]) == (200, NOTES)
    assert (await ada.delete(backup.listed[0])).status_code == 204
    await ada.idea("New")
    assert await ada.titles({"search": "strasse"}) == []
    assert await ada.titles({"search": "TRAM"}) == ["Tram etiquette"]
    assert (await ada.list()).json()["total"] == len(backup.listed)
    await restored.parts.segment_writer.finish()
    assert restored.parts.segment_writer.lost == 0


async def test_a_creator_added_between_the_two_dumps_starts_empty(backup: Backup, restored: House) -> None:
    late = restored.creator(backup.late)
    assert await late.titles() == []
    await late.idea("Once more")
    assert await late.titles({"search": "once"}) == ["Once more"]


async def test_a_tag_of_a_lost_change_matches_no_later_one(backup: Backup, restored: House) -> None:
    ada = restored.creator(backup.ada)
    await ada.patch(backup.idea, {"notes": "another change"})
    late = await ada.patch(backup.idea, {"notes": "of a client of before"}, headers={"If-Match": backup.lost})
    cached = await ada.get(backup.idea, headers={"If-None-Match": backup.lost})

    assert late.status_code == 412
    assert (cached.status_code, cached.json()["notes"]) == (200, "another change")


def test_the_documented_checks_pass(shell: Shell, backup: Backup, empty: Database, home: Path) -> None:
    restore(shell, empty)

    creatorvault(empty, home, "database", "check")
    assert "0 errors" in creatorvault(empty, home, "check")
    assert "The audit log is whole." in creatorvault(empty, home, "audit", "verify")


async def test_row_level_security_is_still_forced(shell: Shell, backup: Backup, empty: Database) -> None:
    restore(shell, empty)

    for login in (OWNER, RUNTIME):
        sql = await asyncpg.connect(empty.url(login))
        for table in ("ideas", "vaults", "keys.vault_keys"):
            assert await sql.fetchval(f"SELECT count(*) FROM {table}") == 0
        await sql.close()


async def test_a_restore_with_another_owner_can_be_upgraded(
    shell: Shell, backup: Backup, cluster: Cluster, home: Path
) -> None:
    owner = f"owner_{uuid4().hex}"
    cluster.run(
        f"CREATE ROLE {owner} LOGIN; GRANT creatorvault_runtime, creatorvault_operator TO {owner} WITH INHERIT FALSE;"
    )
    cluster.run(f"CREATE DATABASE {owner} OWNER {owner}")
    database = cluster.database(owner)
    another = {"DATABASE_OWNER_URL": database.url(owner)}
    try:
        for line in (RESTORE_DATA, RESTORE_KEYS):
            shell.run(f"{line} --no-owner", OWNER_URL=database.url(owner))
        shell.sql(CLEAR_UP, database, owner)
        creatorvault(database, home, "database", "upgrade", **another)
        creatorvault(database, home, "operators", "create", "--name", "Olga", "--scope", "read", **another)
        assert "The audit log is whole." in creatorvault(database, home, "audit", "verify")
        async with opened(database, home) as house:
            assert await house.creator(backup.ada).titles({"search": "strasse"}) == [TITLE]
    finally:
        cluster.drop(database)
        cluster.run(f"DROP ROLE {owner}")


def no_table(shell: Shell, database: Database) -> dict[str, str]:
    return {}


def no_row(shell: Shell, database: Database) -> dict[str, str]:
    shell.run(f"{RESTORE_KEYS} --schema-only", OWNER_URL=database.owner_url)
    return {}


def other_root_key(shell: Shell, database: Database) -> dict[str, str]:
    shell.run(RESTORE_KEYS, OWNER_URL=database.owner_url)
    return {"CREATORVAULT_ROOT_KEYS": RootKeyring.generate_entry("other")}


@pytest.mark.parametrize("missing", [no_table, no_row, other_root_key])
async def test_without_its_key_nothing_can_be_read(
    missing: Callable[[Shell, Database], dict[str, str]],
    shell: Shell,
    backup: Backup,
    empty: Database,
    home: Path,
) -> None:
    shell.run(RESTORE_DATA, OWNER_URL=empty.owner_url)
    overrides = missing(shell, empty)

    async with opened(empty, home, **overrides) as house:
        ada = house.creator(backup.ada)
        with captured_logs() as logs:
            answers = [
                await ada.get(backup.idea),
                await ada.list(),
                await ada.list({"search": "strasse"}),
                await ada.patch(backup.idea, {"title": "Tram etiquette"}),
            ]

    assert [answer.status_code for answer in answers] == [500] * len(answers)
    assert {answer.json()["detail"] for answer in answers} == {"Internal server error"}
    assert TITLE not in logs.text
    assert backup.ciphertext.hex() not in logs.text
    if missing is not no_table:
        assert {event["code"] for event in logs.named("alarm")} == {"lost_key"}


async def test_a_server_without_roles_gets_them_by_the_command(backup: Backup, home: Path) -> None:
    cluster = Cluster.start()
    try:
        database = cluster.create("restored")
        assert cluster.run("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'creatorvault_r%'").strip() == "0"
        creatorvault(database, home, "database", "roles", "--apply")
        restore(Shell(cluster, backup.folder), database)
        async with opened(database, home) as house:
            assert await house.creator(backup.ada).titles({"search": "strasse"}) == [TITLE]
    finally:
        cluster.stop()

"""The commands as an operator runs them: in a process of their own, which may be killed."""

import asyncio
import json
import re
import signal
from collections.abc import Mapping
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.key_management.errors import AlreadyRunning
from creatorvault.key_management.installation import RunningLock
from creatorvault.key_management.vault_rotation import Pace
from tests.application import ROOT_KEYS, House
from tests.commands import INHERITED, Command, completed
from tests.factories import Creator
from tests.key_management.rotating import Keys, everything, filled, stored_keys, vault_of

NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def command_environ(own_environ: dict[str, str]) -> dict[str, str]:
    # So that a test does not wait for requests that there are none of.
    return (
        own_environ
        | INHERITED
        | {
            "CREATORVAULT_DATABASE__ANSWER_SECONDS": "0.1",
            "CREATORVAULT_DATABASE__CONNECT_SECONDS": "2",
        }
    )


def ran(environ: Mapping[str, str], *arguments: str) -> tuple[int, list[str], str]:
    result = completed("keys", *arguments, env=environ)
    return result.returncode, result.stdout.splitlines(), result.stderr


async def test_rotate_one_vault(service: House, command_environ: dict[str, str], sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    vault = vault_of(creator)

    status, said, _ = ran(command_environ, "rotate", "--vault", str(vault.tenant_id), vault.user_id)

    assert (status, said) == (0, ["1 vaults have a new key; 1 earlier keys are destroyed."])
    assert await stored_keys(sql, vault) == [2]
    events = await sql.fetch(
        "SELECT actor, verb, targets FROM audit_events WHERE tenant_id = $1 ORDER BY sequence", vault.tenant_id
    )
    assert [(actor, verb) for actor, verb, _ in events[-2:]] == [("command", "key.rotated"), ("command", "key.retired")]
    assert json.loads(events[-1]["targets"]) == {"user_id": vault.user_id, "versions": "1"}


async def test_a_rotation_that_was_killed_goes_on(
    service: House, command_environ: dict[str, str], sql: asyncpg.Connection
) -> None:
    creators = [await filled(service) for _ in range(4)]
    before = [await everything(creator) for creator in creators]
    slow = command_environ | {"CREATORVAULT_ENCRYPTION__ROTATION_ROWS_PER_SECOND": "1000000"}
    unfinished = "SELECT count(*) FROM keys.rotations WHERE finished_at IS NULL"
    # Somebody changes an idea of the third, so the rotation waits there.
    holding = sql.transaction()
    await holding.start()
    await sql.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", sorted_by_tenant(creators)[2].user_id)
    with Command(["keys", "rotate", "--all"], env=slow) as command:
        second = vault_of(sorted_by_tenant(creators)[1])
        while 2 not in await stored_keys(sql, second):
            assert command.poll() is None
            await asyncio.sleep(0.05)
        command.send_signal(signal.SIGKILL)
        command.wait()
    await holding.rollback()

    assert await sql.fetchval(unfinished) == 1
    _, shown, _ = ran(command_environ, "status")
    assert [line for line in shown if line.startswith("interrupted: creatorvault keys rotate --all")]
    status, said, stderr = ran(command_environ, "rotate", "--all")

    assert status == 0, (said, stderr)
    assert await sql.fetchval(unfinished) == 0
    for creator, answers in zip(creators, before, strict=True):
        assert await stored_keys(sql, vault_of(creator)) == [2]  # one new key, not another one for the second run
        assert await everything(creator) == answers


def sorted_by_tenant(creators: list[Creator]) -> list[Creator]:
    return sorted(creators, key=lambda creator: vault_of(creator).tenant_id)


async def test_rotate_all_vaults_of_a_tenant(
    service: House, command_environ: dict[str, str], sql: asyncpg.Connection
) -> None:
    creator, other = await filled(service), await filled(service)

    status, said, _ = ran(command_environ, "rotate", "--tenant", str(vault_of(creator).tenant_id))

    assert (status, said) == (0, ["1 vaults have a new key; 1 earlier keys are destroyed."])
    assert await stored_keys(sql, vault_of(other)) == [1]


async def test_damage_is_told_with_an_exit_status(
    service: House, command_environ: dict[str, str], sql: asyncpg.Connection
) -> None:
    creator = await filled(service)
    vault = vault_of(creator)
    idea_id, title = await sql.fetchrow("SELECT id, title FROM ideas WHERE user_id = $1 LIMIT 1", creator.user_id)
    await sql.execute("UPDATE ideas SET title = '\\x00' WHERE id = $1", idea_id)
    scope = "--tenant", str(vault.tenant_id)
    named = f"{vault.tenant_id} {vault.user_id} ideas id {idea_id}: tampered"

    status, said, stderr = ran(command_environ, "rotate", *scope)
    assert (status, said[0]) == (1, named)
    assert "1 vaults: their earlier keys stay" in stderr
    status, said, stderr = ran(command_environ, "verify", *scope)
    assert (status, said[0]) == (1, named)
    assert re.search(r"\d findings", stderr)
    await sql.execute("UPDATE ideas SET title = $2 WHERE id = $1", idea_id, title)


async def test_verify_says_how_much_it_has_opened(service: House, command_environ: dict[str, str]) -> None:
    vault = vault_of(await filled(service))

    status, said, _ = ran(command_environ, "verify", "--vault", str(vault.tenant_id), vault.user_id)

    assert (status, said) == (0, ["1 vaults, 7 rows: no findings."])


async def test_rotate_root_and_status(
    service: House, command_environ: dict[str, str], keys: Keys, sql: asyncpg.Connection
) -> None:
    await filled(service)
    new = RootKeyring.generate_entry("new")
    environ = command_environ | {"CREATORVAULT_ROOT_KEYS": f"{new},{ROOT_KEYS}"}
    count = await sql.fetchval("SELECT count(*) FROM keys.vault_keys")

    status, said, _ = ran(environ, "rotate", "--root")
    assert (status, said) == (
        0,
        [
            f"{count + 2} keys are wrapped by new.",
            "tests wraps nothing any more: remove it when no backup of `keys` needs it.",
        ],
    )
    status, said, _ = ran(environ, "status")
    assert said[:3] == [
        "provider keyring: usable",
        f"root key new: enabled, wraps; {count} vault keys, 2 keys of the service",
        "root key tests: enabled; 0 vault keys, 0 keys of the service",
    ]
    status, said, _ = ran(command_environ, "status", "--json")
    found = {key["root_key_id"]: key for key in json.loads(said[0])["root_keys"]}
    assert (found["new"]["state"], found["new"]["vault_keys"], found["new"]["service_keys"]) == ("missing", count, 2)
    assert (found["tests"]["wraps"], found["tests"]["vault_keys"]) == (True, 0)
    await keys.with_root_keys(f"{ROOT_KEYS},{new}").rotate_root()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rotate"], "Give one of --root, --all, --tenant and --vault"),
        (["rotate", "--all", "--root"], "Give one of --root, --all, --tenant and --vault"),
        (["rotate", "--all", "--vault", NOBODYS, "ada"], "Give one of --root, --all, --tenant and --vault"),
        (["verify", "--tenant", NOBODYS, "--vault", NOBODYS, "ada"], "Give one of --tenant and --vault"),
        (["verify", "--vault", "ada", "ada"], "'ada' is not a valid UUID"),
        (["verify", "--vault", NOBODYS], "Option '--vault' requires 2 arguments"),
        (["rotate", "--tenant", "ada"], "'ada' is not a valid UUID"),
    ],
)
def test_bad_arguments(command_environ: dict[str, str], arguments: list[str], message: str) -> None:
    status, said, stderr = ran(command_environ, *arguments)
    assert (status, said) == (2, [])
    assert message in stderr


def test_it_needs_the_operators_login(command_environ: dict[str, str]) -> None:
    environ = {name: value for name, value in command_environ.items() if name != "DATABASE_OPERATOR_URL"}

    status, _, stderr = ran(environ, "status")

    assert (status, stderr.strip()) == (1, "Error: DATABASE_OPERATOR_URL is not set")


async def test_only_one_changes_keys_at_a_time(service: House, command_environ: dict[str, str], keys: Keys) -> None:
    async with keys.installed() as place, RunningLock(place.operators):
        status, _, stderr = ran(command_environ, "rotate", "--all")
        assert (status, stderr.strip()) == (1, "Error: Another `creatorvault keys rotate` is running")
        with pytest.raises(AlreadyRunning):
            await keys.rotate()


async def test_a_tenant_without_vaults(service: House, command_environ: dict[str, str]) -> None:
    status, said, _ = ran(command_environ, "rotate", "--tenant", str(uuid4()))
    assert (status, said) == (0, ["0 vaults have a new key; 0 earlier keys are destroyed."])


async def test_the_pace_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(100)
    for _ in range(3):
        await pace.wait(50)
    await Pace(None).wait(50)

    assert len(slept) == 3
    assert [round(seconds, 1) for seconds in slept] == [0.5, 1.0, 1.5]  # behind by what was not slept

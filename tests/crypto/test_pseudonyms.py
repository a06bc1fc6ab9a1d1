"""Pseudonyms in the log: equal for the same caller, and computable only with the root key."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b, sha256
from typing import Final
from uuid import uuid4

import asyncpg
import pytest
from click.testing import CliRunner

from creatorvault.crypto.commands import pseudonym
from creatorvault.crypto.errors import LostKey
from creatorvault.crypto.pseudonyms import pseudonyms_of
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import EncryptionSettings
from tests.admin.operators import appointed
from tests.application import ROOT_KEYS, House
from tests.factories import Creator
from tests.logs import Logs

NEW_KEY: Final = f"new:{b64encode(bytes(range(100, 132))).decode()}"

type HouseWith = Callable[..., Awaitable[House]]


async def printed(environ: dict[str, str], *arguments: str) -> str:
    """Runs the command in its own event loop, in a new thread: one of a pool may be left out of the coverage."""
    with ThreadPoolExecutor(1) as thread:
        invoke = partial(CliRunner().invoke, pseudonym, arguments, env=environ)
        result = await asyncio.get_running_loop().run_in_executor(thread, invoke)
    assert result.exit_code == 0, result.output
    return str(result.output.splitlines()[-1])


async def caller_of(creator: Creator, logs: Logs) -> str:
    await creator.list()
    return str(logs.named("request")[-1]["caller"])


async def test_with_the_root_keys_a_caller_is_found_in_the_log(
    environ: dict[str, str], ada: Creator, logs: Logs
) -> None:
    caller = await caller_of(ada, logs)

    assert await printed(environ, ada.user_id) == caller
    assert await printed(environ, ada.user_id, "--realm", "better-auth", "--root-key", "tests") == caller
    assert await printed(environ, ada.user_id, "--realm", "other") != caller


async def test_an_operator_in_the_log_is_found_by_their_id(
    environ: dict[str, str], fresh_house: House, fresh_sql: asyncpg.Connection, logs: Logs
) -> None:
    olga = await appointed(fresh_sql, fresh_house.client, "read")
    assert (await olga.request("GET", "/status")).status_code == 200
    caller = logs.named("request")[-1]["caller"]

    for spelling in (str(olga.id), str(olga.id).upper(), olga.id.hex):
        assert await printed(environ, spelling, "--operator") == caller
    assert await printed(environ, str(uuid4()), "--operator") != caller


async def test_without_the_root_keys_user_ids_cannot_be_tested(ada: Creator, logs: Logs) -> None:
    caller = await caller_of(ada, logs)

    for known in (ada.user_id, f"better-auth\0{ada.user_id}"):
        assert caller not in blake2b(known.encode(), digest_size=12).hexdigest() + sha256(known.encode()).hexdigest()
    assert len(caller) == 24


async def test_processes_and_restarts_agree_and_a_rotation_can_be_followed(
    environ: dict[str, str], house: House, house_with: HouseWith
) -> None:
    rotated = environ | {"CREATORVAULT_ROOT_KEYS": f"{NEW_KEY},{ROOT_KEYS}"}
    before, restarted, after = [
        opened.parts.pseudonyms.of("better-auth", "ada")
        for opened in (house, await house_with(), await house_with(**rotated))
    ]

    assert before == restarted != after
    assert await printed(rotated, "ada") == after
    assert await printed(rotated, "ada", "--root-key", "tests") == before


def test_a_key_for_pseudonyms_takes_the_place_of_the_root_key() -> None:
    root_keys = EncryptionSettings(root_keys=Secret(ROOT_KEYS))
    own, other = (EncryptionSettings(pseudonym_key=Secret(text * 32)) for text in "ab")
    both = EncryptionSettings(root_keys=Secret(ROOT_KEYS), pseudonym_key=Secret("a" * 32))

    named = [pseudonyms_of(settings).of("better-auth", "ada") for settings in (root_keys, own, other)]

    assert len(set(named)) == 3
    assert pseudonyms_of(both).of("better-auth", "ada") == named[1]
    assert pseudonyms_of(both, "tests").of("better-auth", "ada") == named[0]
    with pytest.raises(LostKey):
        pseudonyms_of(own, "tests")
    with pytest.raises(SettingsError):
        pseudonyms_of(EncryptionSettings(root_key_id="transit/key"))


def test_a_missing_root_key_is_named(environ: dict[str, str]) -> None:
    result = CliRunner().invoke(pseudonym, ["ada", "--root-key", "gone"], env=environ)

    assert result.exit_code == 2
    assert "no root key" in result.output


def test_an_invalid_user_or_operator_is_refused(environ: dict[str, str]) -> None:
    for arguments, named in (
        (("",), "USER_ID"),
        (("a\udcffb",), "USER_ID"),
        (("x" * 256,), "USER_ID"),
        (("ada", "--realm", ""), "--realm"),
        (("ada", "--realm", "\udcff"), "--realm"),
        (("ada", "--root-key", ""), "--root-key"),
        (("ada", "--operator"), "USER_ID"),
        ((f"operator:{uuid4()}", "--operator"), "USER_ID"),
    ):
        result = CliRunner().invoke(pseudonym, arguments, env=environ)

        assert (result.exit_code, named in result.output) == (2, True), arguments

"""`creatorvault check` finds root keys that are needed and not there."""

from collections.abc import Mapping

import pytest

from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.key_management.checks import needed_root_keys_check
from creatorvault.management.checks import Installation, Message
from tests.application import House, settings_of
from tests.key_management.rotating import filled


async def found(environ: Mapping[str, str]) -> list[Message]:
    return await needed_root_keys_check(Installation(settings_of(environ), deploy=False))


async def test_all_root_keys_are_there(service: House, own_environ: dict[str, str]) -> None:
    await filled(service)
    assert await found(own_environ) == []


async def test_a_missing_root_key_is_named(service: House, own_environ: dict[str, str]) -> None:
    await filled(service)

    [message] = await found(own_environ | {"CREATORVAULT_ROOT_KEYS": RootKeyring.generate_entry("other")})

    assert message.id == "key_management.E001"
    assert "need the root key tests, which is missing" in message.text


@pytest.mark.parametrize(
    "change",
    [
        {"DATABASE_OPERATOR_URL": ""},
        {"CREATORVAULT_ROOT_KEYS": "broken"},
        {"DATABASE_OPERATOR_URL": "postgresql://nobody@127.0.0.1:9/none"},
    ],
)
async def test_what_other_checks_report_is_left_to_them(own_environ: dict[str, str], change: dict[str, str]) -> None:
    assert await found(own_environ | change) == []

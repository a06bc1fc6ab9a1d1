"""Checks of root keys."""

from pathlib import Path

import pytest
from msgspec.structs import replace as convert

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.crypto.checks import root_keys_check, usability
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.management.checks import Installation, Level, Message
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import EncryptionSettings, Settings
from tests.ports import free_port


async def messages_about(encryption: EncryptionSettings) -> list[Message]:
    return await root_keys_check(Installation(settings=Settings(encryption=encryption), deploy=True))


async def test_a_usable_root_key_gives_no_message() -> None:
    assert await messages_about(EncryptionSettings(root_keys=Secret(RootKeyring.generate_entry()))) == []


@pytest.mark.parametrize(
    "encryption", [EncryptionSettings(), EncryptionSettings(root_keys_file=Path("/nowhere/at/all"))]
)
async def test_missing_root_keys_are_reported_by_the_settings_check(encryption: EncryptionSettings) -> None:
    assert await messages_about(encryption) == []


async def test_an_invalid_entry_is_an_error_that_does_not_quote_it() -> None:
    [message] = await messages_about(EncryptionSettings(root_keys=Secret("canary")))
    assert (message.id, message.level) == ("crypto.E001", Level.ERROR)
    assert "entry 1" in message.text
    assert "canary" not in f"{message}"


async def test_an_unreachable_provider_is_an_error() -> None:
    class Unreachable:
        async def wrap(self, key: bytes, additional: bytes, root_key_id: str | None = None) -> tuple[str, bytes]:
            raise ServiceUnavailable

        async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
            raise ServiceUnavailable

    [message] = await usability(Unreachable())
    assert message.id == "crypto.E002"


async def test_settings_that_exclude_each_other_are_an_error() -> None:
    encryption = EncryptionSettings(root_keys=Secret(RootKeyring.generate_entry()), root_key_id="gone")

    assert [message.id for message in await messages_about(encryption)] == ["crypto.E001"]


async def test_each_provider_that_cannot_be_reached_is_an_error() -> None:
    nobody = {"transit_url": f"http://127.0.0.1:{free_port()}", "transit_token": Secret("token")}
    keyring = {"root_keys": Secret(RootKeyring.generate_entry())}

    only_unwraps = await messages_about(convert(EncryptionSettings(), **keyring, **nobody))
    wraps = await messages_about(convert(EncryptionSettings(), **nobody, root_key_id="transit/key"))

    assert [message.id for message in only_unwraps] == ["crypto.E004"]
    assert [message.id for message in wraps] == ["crypto.E002", "crypto.E004"]
    assert wraps[0].text == "The root key cannot be used: transit/key: unreachable."
    assert wraps[1].text == "No root key of transit can be used: unreachable."


async def test_a_root_key_that_is_missing_is_an_error() -> None:
    [message] = await messages_about(EncryptionSettings(root_key_id="transit/key"))

    assert (message.id, message.text) == ("crypto.E002", "The root key cannot be used: transit/key: lost_key.")


async def test_a_provider_that_returns_another_key_is_an_error() -> None:
    class Forgetful:
        async def wrap(self, key: bytes, additional: bytes, root_key_id: str | None = None) -> tuple[str, bytes]:
            return "forgetful", b""

        async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
            return bytes(32)

    [message] = await usability(Forgetful())
    assert message.id == "crypto.E003"

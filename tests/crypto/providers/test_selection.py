"""Which providers the settings configure, and the composite of them."""

import os
import sys
from base64 import b64encode
from typing import Final

import pytest

from creatorvault.crypto.errors import LostKey, Reason, RootKeyUnavailable
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.crypto.providers.protocol import KeyState, ProviderHealth
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import EncryptionSettings
from tests import kms
from tests.bao import Bao
from tests.crypto.providers.clocks import Clock
from tests.crypto.providers.engines import TransitEngine
from tests.front import Front

KEY: Final = os.urandom(32)
KEYRING: Final = Secret(",".join(f"{name}:{b64encode(os.urandom(32)).decode()}" for name in ("new", "old")))


@pytest.fixture
def transit(bao: Bao, in_front_of_bao: Front) -> TransitEngine:
    return TransitEngine(bao, in_front_of_bao)


def with_transit(transit: TransitEngine, **more: object) -> RootKeys:
    return root_key_provider(
        EncryptionSettings(transit_url=transit.front.url, transit_token=transit.token, **more)  # type: ignore[arg-type]
    )


async def test_the_id_of_a_root_key_names_its_provider(transit: TransitEngine) -> None:
    async with with_transit(transit, root_keys=KEYRING) as before:
        old = await before.wrap(KEY, b"here")
    async with with_transit(transit, root_keys=KEYRING, root_key_id=transit.root_key_id) as after:
        new = await after.wrap(KEY, b"here")

        assert (old[0], new[0]) == ("new", transit.root_key_id)
        assert (await after.wrap(KEY, b"here", "old"))[0] == "old"
        for wrapped in (old, new):
            assert await after.unwrap(*wrapped, b"here") == KEY
        assert [after.expires(root_key_id) for root_key_id in ("new", new[0], "elsewhere/key")] == [False, True, False]


async def test_a_provider_that_is_not_configured_has_lost_its_keys() -> None:
    async with root_key_provider(EncryptionSettings(root_keys=KEYRING)) as root_keys:
        for root_key_id in ("transit/key", "aws-kms/key", "elsewhere/key"):
            with pytest.raises(LostKey) as caught:
                await root_keys.unwrap(root_key_id, b"", b"")
            assert caught.value.ids == {"root_key_id": root_key_id}


async def test_all_root_keys_are_described_and_the_one_that_wraps_comes_first(transit: TransitEngine) -> None:
    async with with_transit(transit, root_keys=KEYRING, root_key_id=transit.root_key_id) as root_keys:
        described = await root_keys.describe(["new", "gone", "transit/gone", "aws-kms/gone"])
        health = await root_keys.health()

    assert [(key.id, key.wraps, key.state) for key in described] == [
        (transit.root_key_id, True, KeyState.ENABLED),
        ("aws-kms/gone", False, KeyState.MISSING),
        ("gone", False, KeyState.MISSING),
        ("new", False, KeyState.ENABLED),
        ("old", False, KeyState.ENABLED),
        ("transit/gone", False, KeyState.MISSING),
    ]
    assert [key.version for key in described if key.provider == "transit"] == [1, None]
    assert health == [ProviderHealth("keyring"), ProviderHealth("transit")]


async def test_after_a_failure_the_provider_is_not_asked_for_a_moment(transit: TransitEngine) -> None:
    clock = Clock()
    async with with_transit(transit, root_keys=KEYRING, root_key_id=transit.root_key_id) as root_keys:
        root_keys.clock = clock
        wrapped = await root_keys.wrap(KEY, b"here")
        transit.break_("throttled")
        for _ in range(3):
            with pytest.raises(RootKeyUnavailable) as caught:
                await root_keys.unwrap(*wrapped, b"here")
            assert caught.value.reason is Reason.THROTTLED
        asked = transit.front.requests
        with pytest.raises(RootKeyUnavailable):
            await root_keys.unwrap("transit/another", wrapped[1], b"here")
        assert transit.front.requests == asked
        assert root_keys.failures == {("transit", Reason.THROTTLED): 1}
        transit.front.answer = transit.sound
        clock.move(5)
        assert await root_keys.unwrap(*wrapped, b"here") == KEY


async def test_a_disabled_key_does_not_stop_the_others_of_its_provider(bao: Bao, transit: TransitEngine) -> None:
    async with with_transit(transit, root_key_id=transit.root_key_id) as root_keys:
        own = await root_keys.wrap(KEY, b"here", f"transit/{bao.new_key()}")
        default = await root_keys.wrap(KEY, b"here")
        transit.schedule_deletion()
        with pytest.raises(RootKeyUnavailable):
            await root_keys.unwrap(*default, b"here")
        assert await root_keys.unwrap(*own, b"here") == KEY


async def test_aws_kms_is_configured_by_its_region(in_front_of_kms: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    root_key_id = f"aws-kms/{kms.new_key()}"
    settings = EncryptionSettings(kms_region=kms.REGION, kms_endpoint_url=in_front_of_kms.url, root_key_id=root_key_id)
    async with root_key_provider(settings) as root_keys:
        wrapped = await root_keys.wrap(KEY, b"here")
        assert await root_keys.unwrap(*wrapped, b"here") == KEY

    for name in kms.CREDENTIALS:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    async with root_key_provider(settings) as root_keys:
        with pytest.raises(RootKeyUnavailable) as caught:
            await root_keys.unwrap(*wrapped, b"here")
    assert caught.value.reason is Reason.REFUSED


def test_aws_kms_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "creatorvault.crypto.providers.aws_kms", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(SettingsError, match="needs boto3: install creatorvault\\[aws\\]"):
        root_key_provider(EncryptionSettings(kms_region=kms.REGION, root_key_id="aws-kms/key"))


def test_a_root_key_that_wraps_must_be_in_the_keyring() -> None:
    with pytest.raises(SettingsError, match="there is no root key gone in the keyring"):
        root_key_provider(EncryptionSettings(root_keys=KEYRING, root_key_id="gone"))


async def test_another_entry_of_the_keyring_may_wrap() -> None:
    async with root_key_provider(EncryptionSettings(root_keys=KEYRING, root_key_id="old")) as root_keys:
        assert (await root_keys.wrap(KEY, b""))[0] == "old"

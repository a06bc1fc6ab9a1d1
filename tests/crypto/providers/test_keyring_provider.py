"""The root keyring: its text format, and wrapping of vault keys."""

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.errors import LostKey, RootKeysInvalid, Tampered, WrongKey
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import EncryptionSettings
from tests.crypto.samples import contexts, keys

OLD, NEW = bytes(range(32)), bytes(range(200, 232))


def entry(root_key_id: str, key: bytes) -> str:
    return f"{root_key_id}:{base64.b64encode(key).decode()}"


def keyring(**entries: bytes) -> RootKeyring:
    return RootKeyring.parse(",".join(entry(root_key_id, key) for root_key_id, key in entries.items()))


@given(keys, contexts)
async def test_a_wrapped_key_can_be_unwrapped(key: bytes, bound: bytes) -> None:
    root_keys = keyring(old=OLD)
    root_key_id, wrapped = await root_keys.wrap(key, bound)
    assert root_key_id == "old"
    assert wrapped[:2] == b"\x01\x01"
    assert len(wrapped) == 62
    assert await root_keys.unwrap(root_key_id, wrapped, bound) == key


async def test_the_first_entry_wraps_and_all_unwrap() -> None:
    root_key_id, wrapped = await keyring(old=OLD).wrap(bytes(32), b"")
    both = keyring(new=NEW, old=OLD)
    assert await both.unwrap(root_key_id, wrapped, b"") == bytes(32)
    assert (await both.wrap(bytes(32), b""))[0] == "new"


@given(st.data())
async def test_no_bit_of_a_wrapped_key_can_be_changed(data: st.DataObject) -> None:
    root_keys = keyring(old=OLD)
    _, wrapped = await root_keys.wrap(os.urandom(32), b"here")
    changed = bytearray(wrapped)
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Tampered if bit < 16 else WrongKey) as caught:
        await root_keys.unwrap("old", bytes(changed), b"here")
    assert caught.value.ids == {"root_key_id": "old"}


@pytest.mark.parametrize("length", [0, 1, 2, 14, 30, 61, 63])
async def test_a_wrap_of_another_length_is_tampered(length: int) -> None:
    root_keys = keyring(old=OLD)
    _, wrapped = await root_keys.wrap(bytes(32), b"")
    with pytest.raises(Tampered):
        await root_keys.unwrap("old", (wrapped + b"\x00")[:length], b"")


async def test_a_wrap_is_bound_to_its_context_its_root_key_and_that_keys_id() -> None:
    root_keys = keyring(old=OLD, new=NEW)
    root_key_id, wrapped = await root_keys.wrap(bytes(32), b"here")
    with pytest.raises(WrongKey):
        await root_keys.unwrap(root_key_id, wrapped, b"there")
    with pytest.raises(WrongKey):
        await root_keys.unwrap("new", wrapped, b"here")
    with pytest.raises(WrongKey):
        await keyring(old=NEW).unwrap("old", wrapped, b"here")
    with pytest.raises(WrongKey):
        await keyring(renamed=OLD).unwrap("renamed", wrapped, b"here")


async def test_a_missing_root_key_is_a_lost_key() -> None:
    _, wrapped = await keyring(old=OLD).wrap(bytes(32), b"")
    with pytest.raises(LostKey) as caught:
        await keyring(new=NEW).unwrap("old", wrapped, b"")
    assert caught.value.ids == {"root_key_id": "old"}


async def test_only_whole_keys_are_wrapped() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        await keyring(old=OLD).wrap(bytes(16), b"")


@pytest.mark.parametrize(
    "text",
    [
        f"{entry('old', OLD)},{entry('new', NEW)}",
        f"\n  {entry('old', OLD)} ,\n\t{entry('new', NEW)}\n",
        f"{entry('old', OLD)}\n{entry('new', NEW)},\r\n",
        f"old:{base64.urlsafe_b64encode(OLD).decode()},new:{base64.urlsafe_b64encode(NEW).decode().rstrip('=')}",
    ],
)
async def test_entries_may_have_several_formats(text: str) -> None:
    parsed = RootKeyring.parse(text)
    root_key_id, wrapped = await parsed.wrap(bytes(32), b"")
    assert root_key_id == "old"
    assert await keyring(old=OLD).unwrap(root_key_id, wrapped, b"") == bytes(32)
    assert repr(parsed) == "RootKeyring(old:********, new:********)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "entry 1 is not of the form id:base64"),
        ("canary", "entry 1 is not of the form id:base64"),
        (f"{entry('old', OLD)},canary:", "entry 2 is not of the form id:base64"),
        (entry("Canary", OLD), "entry 1 has an id that is not 1 to 32 characters out of a-z, 0-9 and -"),
        (entry("c" * 33, OLD), "entry 1 has an id that is not 1 to 32 characters out of a-z, 0-9 and -"),
        (entry("", OLD), "entry 1 has an id that is not 1 to 32 characters out of a-z, 0-9 and -"),
        ("old:canary!", "entry 1 has a key that is not base64"),
        ("old:canaryé", "entry 1 has a key that is not base64"),
        ("old:canar", "entry 1 has a key that is not base64"),
        (entry("old", OLD[:31]), "entry 1 has a key of 31 bytes instead of 32"),
        (entry("old", OLD + b"\x00"), "entry 1 has a key of 33 bytes instead of 32"),
        (entry("old", bytes(32)), "entry 1 has a key that is not random"),
        (entry("old", bytes(range(15)) + bytes(17)), "entry 1 has a key that is not random"),
        (f"{entry('old', OLD)},{entry('old', NEW)}", "entry 2 repeats the id of another entry"),
        (f"{entry('old', OLD)},{entry('new', OLD)}", "entry 2 repeats the key of another entry"),
    ],
)
def test_an_invalid_entry_is_named_by_position_and_never_quoted(text: str, problem: str) -> None:
    with pytest.raises(RootKeysInvalid) as caught:
        RootKeyring.parse(text)
    assert str(caught.value) == f"root key {problem}"
    assert caught.value.__context__ is None


async def test_a_key_of_sixteen_byte_values_may_be_random() -> None:
    key = bytes(range(16)) * 2

    wrapped = await RootKeyring.parse(entry("old", key)).wrap(OLD, b"")

    assert await keyring(old=key).unwrap(*wrapped, b"") == OLD


async def test_a_generated_entry_is_one_that_can_be_read() -> None:
    first, second = RootKeyring.generate_entry(), RootKeyring.generate_entry("production-2")
    assert first.startswith("root-")
    assert (await RootKeyring.parse(f"{second},{first}").wrap(bytes(32), b""))[0] == "production-2"


@pytest.mark.parametrize("root_key_id", ["Ä", "a b", "a" * 33, "a,b"])
def test_an_entry_is_not_generated_with_an_invalid_id(root_key_id: str) -> None:
    with pytest.raises(ValueError, match="1 to 32 characters"):
        RootKeyring.generate_entry(root_key_id)


async def test_root_keys_come_from_the_settings_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "root-keys"
    file.write_text(f"{entry('old', OLD)}\n")
    from_text = root_key_provider(EncryptionSettings(root_keys=Secret(entry("old", OLD))))
    from_file = root_key_provider(EncryptionSettings(root_keys_file=file))
    assert await from_file.unwrap(*await from_text.wrap(NEW, b""), b"") == NEW


def test_without_root_keys_there_is_no_provider() -> None:
    with pytest.raises(SettingsError):
        root_key_provider(EncryptionSettings())


def test_a_file_that_is_not_text_is_named_by_position(tmp_path: Path) -> None:
    file = tmp_path / "root-keys"
    file.write_bytes(b"old:\xff\xfe\xff")
    with pytest.raises(RootKeysInvalid, match="entry 1 has a key that is not base64"):
        root_key_provider(EncryptionSettings(root_keys_file=file))


async def test_a_derived_key_is_stable_and_independent_of_others() -> None:
    root_keys = keyring(new=NEW, old=OLD)
    derived = root_keys.derive("root/pseudonyms")

    assert derived == keyring(new=NEW).derive("root/pseudonyms") == derive_purpose_key(NEW, "root/pseudonyms")
    assert root_keys.derive("root/pseudonyms", "old") == keyring(old=OLD).derive("root/pseudonyms")
    others = [root_keys.derive("root/pseudonyms", "old"), root_keys.derive("other"), NEW, OLD]
    assert derived not in others
    with pytest.raises(LostKey):
        root_keys.derive("root/pseudonyms", "gone")

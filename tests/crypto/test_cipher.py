"""Sealing and opening in one vault, and values that cannot be opened."""

import traceback

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.identifiers import VaultRevision
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.errors import LostKey, Tampered, WrongKey
from tests.crypto.samples import FIRST, SECOND, cipher_with, contexts, json_texts, keys, new_vault

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
strings = msgspec.json.Decoder(str)


@given(keys, json_texts, contexts)
def test_a_sealed_text_can_be_opened(key: bytes, text: bytes, bound: bytes) -> None:
    cipher = cipher_with({FIRST: key})
    assert cipher.open(cipher.seal(text, bound), bound) == text


@given(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.just("tag"), max_size=50)))
def test_a_sealed_value_can_be_opened(value: object) -> None:
    cipher = cipher_with({FIRST: KEY})
    assert cipher.open_json(cipher.seal_json(value, b"here"), b"here", msgspec.json.Decoder()) == value


@given(st.data())
def test_no_bit_of_an_envelope_can_be_changed(data: st.DataObject) -> None:
    cipher = cipher_with({FIRST: KEY})
    sealed = bytearray(cipher.seal(b'"an idea"', b"here"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Tampered, LostKey)):
        cipher.open(bytes(sealed), b"here")


@given(st.data())
def test_an_envelope_cannot_be_truncated_or_extended(data: st.DataObject) -> None:
    cipher = cipher_with({FIRST: KEY})
    sealed = cipher.seal(b'"an idea"', b"here")
    cut = data.draw(st.integers(0, len(sealed) - 1))
    more = data.draw(st.binary(min_size=1, max_size=40))
    for changed in (sealed[:cut], sealed[cut + 1 :], sealed + more):
        with pytest.raises((Tampered, LostKey)):
            cipher.open(changed, b"here")


@given(contexts, contexts)
def test_a_value_opens_only_where_it_was_sealed(here: bytes, there: bytes) -> None:
    cipher = cipher_with({FIRST: KEY})
    sealed = cipher.seal(b'"an idea"', here)
    if here != there:
        with pytest.raises(Tampered):
            cipher.open(sealed, there)


def test_another_vault_does_not_open_it() -> None:
    sealed = cipher_with({FIRST: KEY}).seal(b'"an idea"', b"here")
    with pytest.raises(Tampered):
        cipher_with({FIRST: OTHER_KEY}).open(sealed, b"here")


def test_another_purpose_does_not_open_it() -> None:
    cipher = cipher_with({FIRST: KEY})
    sealed = cipher.seal(b'"an idea"', b"here")
    other = cipher.for_purpose("elsewhere")
    with pytest.raises(Tampered):
        other.open(sealed, b"here")
    assert other.open(other.seal(b"1", b""), b"") == b"1"


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    vault = new_vault()
    old = cipher_with({FIRST: KEY}, vault)
    rotated = cipher_with({FIRST: KEY, SECOND: OTHER_KEY}, vault)
    assert rotated.open(old.seal(b'"before"', b""), b"") == b'"before"'
    assert rotated.version == SECOND
    with pytest.raises(LostKey):
        old.open(rotated.seal(b'"after"', b""), b"")


def test_tampering_is_an_alarm_with_ids() -> None:
    cipher = cipher_with({FIRST: KEY})
    with pytest.raises(Tampered) as caught:
        cipher.open(cipher.seal(b'"an idea"', b"here"), b"there")
    assert caught.value.alarm == "tampered"
    assert caught.value.ids == {"tenant_id": str(cipher.vault.tenant_id), "user_id": "ada", "key_version": "1"}


def test_a_malformed_envelope_is_an_alarm_with_ids() -> None:
    cipher = cipher_with({FIRST: KEY})
    with pytest.raises(Tampered) as caught:
        cipher.open(b"a title in clear, long enough to be an envelope", b"here")
    assert caught.value.ids == {"tenant_id": str(cipher.vault.tenant_id), "user_id": "ada"}


def test_a_lost_key_is_an_alarm_with_ids() -> None:
    vault = new_vault()
    sealed = cipher_with({SECOND: KEY}, vault).seal(b'"an idea"', b"here")
    with pytest.raises(LostKey) as caught:
        cipher_with({FIRST: KEY}, vault).open(sealed, b"here")
    assert caught.value.alarm == "lost_key"
    assert caught.value.ids == {"tenant_id": str(vault.tenant_id), "user_id": "ada", "key_version": "2"}


def test_using_a_key_that_could_not_be_unwrapped_raises_its_alarm() -> None:
    vault = new_vault()
    sealed = cipher_with({FIRST: OTHER_KEY}, vault).seal(b'"before"', b"")
    cipher = VaultCipher(vault, VaultRevision(1), {SECOND: KEY}, unusable={FIRST: WrongKey(key_version="1")})
    assert not cipher.complete
    assert cipher.open(cipher.seal(b'"after"', b""), b"") == b'"after"'
    with pytest.raises(WrongKey):
        cipher.open(sealed, b"")


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"canary",
        b'"canary',
        b'"canary" "canary"',
        b"null",
        b'["canary"]',
        b'"canary"\x00',
        b'"canary\xff"',
        b'"\xed\xa0\x80canary"',
    ],
)
def test_an_invalid_plaintext_is_an_alarm_without_content(plaintext: bytes) -> None:
    cipher = cipher_with({FIRST: KEY})
    sealed = cipher.seal(plaintext, b"")
    with pytest.raises(Tampered) as caught:
        cipher.open_json(sealed, b"", strings)
    assert caught.value.__context__ is None
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_cipher_shows_no_key() -> None:
    cipher = cipher_with({FIRST: b"canary canary canary canary 1234"})
    assert "canary" not in repr(cipher)
    assert repr(cipher).startswith("VaultCipher(vault=VaultId(")


def test_a_name_survives_a_rotation_and_is_bound_to_its_vault() -> None:
    vault = new_vault()
    before = cipher_with({FIRST: KEY}, vault).name_of("retry-1")
    assert len(before) == 32
    assert cipher_with({FIRST: KEY, SECOND: OTHER_KEY}, vault).name_of("retry-1") == before
    assert cipher_with({FIRST: KEY}, vault).name_of("retry-2") != before
    assert cipher_with({FIRST: OTHER_KEY}).name_of("retry-1") != before


def test_a_name_of_a_key_that_could_not_be_unwrapped_is_an_alarm() -> None:
    """With the next key the name would differ, and the request would be executed twice."""
    unusable = {FIRST: WrongKey(key_version="1")}
    with pytest.raises(WrongKey):
        VaultCipher(new_vault(), VaultRevision(1), {SECOND: KEY}, unusable=unusable).name_of("retry-1")

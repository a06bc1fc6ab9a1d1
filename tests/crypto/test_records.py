"""Opening the values of a record together has the same results and errors as opening each of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import HEADER_BYTES, Sealed, context
from creatorvault.crypto.errors import LostKey, Tampered
from creatorvault.crypto.records import RecordCipher
from tests.crypto.samples import FIRST, SECOND, cipher_with, contexts, json_texts

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NAMES = (b"title", b"notes", b"tags")
SHARED = context(b"a domain")
TEXTS = (b'"a title"', b"null", b"[]")

three_texts = st.tuples(json_texts, json_texts, json_texts)


def sealed_with(cipher: VaultCipher, record: bytes = b"this row") -> list[Sealed]:
    return RecordCipher(cipher, SHARED, NAMES).seal(TEXTS, record)


def opened(cipher: VaultCipher, values: list[Sealed], record: bytes = b"this row") -> list[bytes]:
    return [text.rstrip(b" ") for text in RecordCipher(cipher, SHARED, NAMES).open(values, record)]


@given(three_texts, contexts)
def test_each_value_is_sealed_as_it_would_be_by_itself(texts: tuple[bytes, bytes, bytes], record: bytes) -> None:
    cipher = cipher_with({FIRST: KEY})
    values = RecordCipher(cipher, SHARED, NAMES).seal(texts, record)
    for name, text, value in zip(NAMES, texts, values, strict=True):
        assert cipher.open(value, SHARED + context(name) + record) == text


@given(three_texts, contexts)
def test_values_sealed_one_by_one_open_together(texts: tuple[bytes, bytes, bytes], record: bytes) -> None:
    cipher = cipher_with({FIRST: KEY})
    values = [cipher.seal(text, SHARED + context(name) + record) for name, text in zip(NAMES, texts, strict=True)]
    assert tuple(opened(cipher, values, record)) == texts


def test_records_of_two_key_versions_open_with_one_cipher() -> None:
    old, new = cipher_with({FIRST: KEY}), cipher_with({FIRST: KEY, SECOND: OTHER_KEY})
    record = RecordCipher(new, SHARED, NAMES)
    for values in (sealed_with(old), sealed_with(new), sealed_with(old)):
        assert tuple(text.rstrip(b" ") for text in record.open(values, b"this row")) == TEXTS


def test_a_record_whose_values_are_of_two_key_versions_opens() -> None:
    old, new = cipher_with({FIRST: KEY}), cipher_with({FIRST: KEY, SECOND: OTHER_KEY})
    title, _, tags = sealed_with(old)
    _, notes, _ = sealed_with(new)
    assert tuple(opened(new, [title, notes, tags])) == TEXTS


def test_a_record_has_a_value_for_each_name_and_no_more() -> None:
    cipher = cipher_with({FIRST: KEY})
    values = sealed_with(cipher)

    for wrong in (values[:2], [*values, values[0]]):
        with pytest.raises(ValueError, match="zip"):
            opened(cipher, wrong)
    for texts in (TEXTS[:2], (*TEXTS, b"null")):
        with pytest.raises(ValueError, match="zip"):
            RecordCipher(cipher, SHARED, NAMES).seal(texts, b"this row")


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (2, 1, 0), (0, 0, 2)])
def test_a_value_cannot_be_opened_under_another_name(order: tuple[int, int, int]) -> None:
    cipher = cipher_with({FIRST: KEY})
    values = sealed_with(cipher)
    with pytest.raises(Tampered):
        opened(cipher, [values[place] for place in order])


def test_a_record_cannot_be_opened_as_another() -> None:
    cipher = cipher_with({FIRST: KEY})
    with pytest.raises(Tampered):
        opened(cipher, sealed_with(cipher), b"another row")


@given(st.integers(0, 2), st.data())
def test_no_bit_of_a_record_can_be_changed(place: int, data: st.DataObject) -> None:
    cipher = cipher_with({FIRST: KEY})
    values = sealed_with(cipher)
    changed = bytearray(values[place])
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    values[place] = Sealed(bytes(changed))
    with pytest.raises((Tampered, LostKey)):
        opened(cipher, values)


@given(st.integers(0, 2), st.data())
def test_a_truncated_value_is_tampering(place: int, data: st.DataObject) -> None:
    cipher = cipher_with({FIRST: KEY})
    values = sealed_with(cipher)
    values[place] = Sealed(values[place][: data.draw(st.integers(0, len(values[place]) - 1))])
    with pytest.raises(Tampered):
        opened(cipher, values)


def test_a_record_with_a_missing_key_is_a_lost_key() -> None:
    values = sealed_with(cipher_with({SECOND: OTHER_KEY}))
    with pytest.raises(LostKey):
        opened(cipher_with({FIRST: KEY}), values)


def test_one_value_with_a_missing_key_is_a_lost_key() -> None:
    cipher = cipher_with({FIRST: KEY})
    title, notes, _ = sealed_with(cipher)
    *_, tags = sealed_with(cipher_with({SECOND: OTHER_KEY}))
    assert tags[:HEADER_BYTES] != title[:HEADER_BYTES]
    with pytest.raises(LostKey):
        opened(cipher, [title, notes, tags])

"""The bytes of one sealed value, and the encoding of its context."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.identifiers import KeyVersion
from creatorvault.crypto.envelope import (
    EnvelopeKey,
    Malformed,
    NotAuthentic,
    context,
    header_of,
    key_version_of,
    time_part,
)
from tests.crypto.samples import contexts, json_texts, keys

parts = st.lists(st.one_of(st.binary(max_size=8), st.integers(254, 258).map(bytes)), max_size=4)
versions = st.integers(min_value=1, max_value=2**32 - 1).map(KeyVersion)


@given(parts, parts)
def test_two_lists_of_parts_never_have_the_same_context(one: list[bytes], other: list[bytes]) -> None:
    assert (context(*one) == context(*other)) == (one == other)


@given(parts, parts)
def test_a_context_may_be_encoded_in_pieces(one: list[bytes], other: list[bytes]) -> None:
    assert context(*one) + context(*other) == context(*one, *other)


@given(parts)
def test_a_context_is_each_part_after_its_length(several: list[bytes]) -> None:
    assert context(*several) == b"".join(len(part).to_bytes(4, "big") + part for part in several)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_encoded_as_microseconds_since_the_epoch(time: datetime) -> None:
    assert (
        datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int.from_bytes(time_part(time), "big", signed=True))
        == time
    )


@given(keys, versions, json_texts, contexts)
def test_a_sealed_value_can_be_opened(key: bytes, version: KeyVersion, text: bytes, bound: bytes) -> None:
    envelope = EnvelopeKey(key, version)
    assert envelope.open(envelope.seal(text, bound), bound) == text


@given(keys, versions, json_texts)
def test_an_envelope_names_its_key_version(key: bytes, version: KeyVersion, text: bytes) -> None:
    sealed = EnvelopeKey(key, version).seal(text, b"")
    assert key_version_of(sealed) == version
    assert header_of(sealed) == b"\x01\x01" + version.to_bytes(4, "big")
    assert len(sealed) == 6 + 12 + len(text) + 16


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    envelope = EnvelopeKey(bytes(32), KeyVersion(1))
    assert len({envelope.seal(b"again", b"") for _ in range(1000)}) == 1000


@pytest.mark.parametrize("length", range(34))
def test_a_truncated_envelope_is_malformed(length: int) -> None:
    envelope = EnvelopeKey(bytes(32), KeyVersion(1))
    cut = envelope.seal(b"", b"")[:length]
    with pytest.raises(Malformed):
        key_version_of(cut)
    with pytest.raises(NotAuthentic):
        envelope.open(cut, b"")


@pytest.mark.parametrize("header", [b"\x00\x01", b"\x02\x01", b"\x01\x00", b"\x01\x02"])
def test_other_formats_and_algorithms_are_not_read(header: bytes) -> None:
    sealed = EnvelopeKey(bytes(32), KeyVersion(1)).seal(b"", b"")
    with pytest.raises(Malformed):
        key_version_of(header + sealed[2:])


def test_the_header_is_authenticated() -> None:
    """Otherwise a key of version 2 with the same bytes could open values of version 1."""
    sealed = EnvelopeKey(bytes(32), KeyVersion(1)).seal(b"text", b"")
    with pytest.raises(NotAuthentic):
        EnvelopeKey(bytes(32), KeyVersion(2)).open(b"\x01\x01\x00\x00\x00\x02" + sealed[6:], b"")

"""What the length of a ciphertext reveals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.crypto.padding import FLOOR, pad, padded_length, unpad

lengths = st.integers(min_value=0, max_value=2**40)


@given(lengths)
def test_padding_never_shortens_and_adds_at_most_12_percent(length: int) -> None:
    padded = padded_length(length)
    assert padded >= length
    assert padded <= max(FLOOR, length * 1.12)


@given(lengths, lengths)
def test_a_longer_text_never_has_a_shorter_ciphertext(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert padded_length(shorter) <= padded_length(longer)


@given(lengths)
def test_a_padded_length_is_its_own_padded_length(length: int) -> None:
    assert padded_length(padded_length(length)) == padded_length(length)


@pytest.mark.parametrize(
    ("length", "padded"),
    [(0, 32), (1, 32), (32, 32), (33, 36), (36, 36), (37, 40), (64, 64), (65, 72), (100, 104), (129, 144), (200, 208),
     (257, 272), (1000, 1024), (5000, 5120), (100_000, 100_352), (2**20 + 1, 2**20 + 2**15)],
)  # fmt: skip
def test_padded_lengths_match_known_values(length: int, padded: int) -> None:
    assert padded_length(length) == padded


def test_titles_of_up_to_thirty_letters_have_equal_lengths() -> None:
    assert {padded_length(len(b'"' + b"x" * letters + b'"')) for letters in range(1, 31)} == {32}


@given(st.binary(max_size=300).filter(lambda text: not text.endswith(b" ")))
def test_a_padded_text_can_be_decoded(text: bytes) -> None:
    padded = pad(text)
    assert len(padded) == padded_length(len(text))
    assert unpad(padded) == text

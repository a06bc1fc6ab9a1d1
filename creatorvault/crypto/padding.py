"""Lengths that say little: Padmé (Nikitin et al., PETS 2019, "Reducing Metadata Leakage from Encrypted Files and
Communication with PURBs", section 4). A length may end in set bits only as far as its magnitude needs, so that a
ciphertext gives away O(log log L) bits of the length of its plaintext, for at most 12 % more bytes.
"""

FLOOR = 32
BLANK = b" "


def padded_length(length: int) -> int:
    """The smallest Padmé length that is no shorter than `length` bytes; everything up to 32 bytes looks like 32."""
    if length <= FLOOR:
        return FLOOR
    exponent = length.bit_length() - 1
    free_bits = exponent - exponent.bit_length()
    mask = (1 << free_bits) - 1
    return (length + mask) & ~mask


def pad(text: bytes) -> bytes:
    """Fills up a JSON text with blanks at its end: RFC 8259 lets every reader skip them, so no length is stored."""
    return text.ljust(padded_length(len(text)), BLANK)


def unpad(padded: bytes) -> bytes:
    return padded.rstrip(BLANK)

"""Padmé padding (Nikitin et al., PETS 2019, "Reducing Metadata Leakage from Encrypted Files and Communication with
PURBs", section 4). The low bits of a length are zero, depending on its magnitude, so that a ciphertext reveals
O(log log L) bits of the length of its plaintext, for at most 12 % more bytes.
"""

FLOOR = 32
BLANK = b" "


def padded_length(length: int) -> int:
    """Returns the smallest Padmé length of at least `length` bytes; lengths up to 32 bytes become 32."""
    if length <= FLOOR:
        return FLOOR
    exponent = length.bit_length() - 1
    free_bits = exponent - exponent.bit_length()
    mask = (1 << free_bits) - 1
    return (length + mask) & ~mask


def pad(text: bytes) -> bytes:
    """Appends spaces to a JSON text: RFC 8259 allows trailing spaces, so the length need not be stored."""
    return text.ljust(padded_length(len(text)), BLANK)


def unpad(padded: bytes) -> bytes:
    return padded.rstrip(BLANK)

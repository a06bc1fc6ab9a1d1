"""What is read quickly is what is read carefully; what the quick way does not take, the careful way judges."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creatorvault.core.bodies import MAX_DEPTH, parse, parse_carefully
from creatorvault.core.errors import RequestInvalid
from creatorvault.core.text import is_storable

STRANGE = (
    *(b"1e400", b"-0", b"-0.0", b"01", b"1.", b".5", b"5e-324", b"1e-400", b"1_0", b"0x1", b"9007199254740993.0"),
    *(b"18446744073709551615", b"18446744073709551616", b"-9223372036854775809", b"1" * 4300, b"1" * 4301),
    *(b"NaN", b"[Infinity]", b"-Infinity", b"tru", b"nul", b"", b" ", b"1 2", b"1\0", b"\x0c1", b"\xef\xbb\xbf1"),
    *(b'"\x01"', b'"\t"', b'"\x7f"', b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xf4\x90\x80\x80"', b'"a'),
    *(b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\\u12"', b'"\\u+123"', b'"\\x"'),
    *(b'{"a": 1, "a": 2}', b'{"\\u0061": 1, "a": 2}', b"[1,]", b'{"a": 1,}', b"{1: 2}", b"{'a': 1}", b"// 1\n1"),
    *(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)),
    *(b'["' + b"[" * MAX_DEPTH + b'"]', b'{"a":' * 1000 + b"1" + b"}" * 1000),
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def told(read: Any, body: bytes) -> str:
    """With types, signs and the order of keys, which equality does not tell."""
    try:
        return repr(read(body))
    except RequestInvalid as error:
        return f"refused: {error.errors}"


@pytest.mark.parametrize("body", STRANGE)
def test_strange_bodies_are_read_alike(body: bytes) -> None:
    assert told(parse, body) == told(parse_carefully, body)


@given(values, st.booleans(), st.integers(0, 1000), st.binary(max_size=2))
@example({"a": 1}, True, 2, b"")
def test_whole_and_damaged_bodies_are_read_alike(value: Any, ascii_only: bool, place: int, damage: bytes) -> None:
    whole = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for body in (whole, whole[:place] + damage + whole[place + 1 :]):
        assert told(parse, body) == told(parse_carefully, body)


@given(values)
def test_what_has_no_escape_by_number_can_be_stored(value: Any) -> None:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if b"\\u" not in body:
        try:
            assert is_storable(parse(body))
        except RequestInvalid:
            with pytest.raises(msgspec.DecodeError):
                msgspec.json.decode(body)

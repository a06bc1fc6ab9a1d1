"""Bodies are parsed as the standard library does, except NaN, Infinity, other encodings and deep nesting."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creatorvault.core.errors import FieldError, RequestInvalid
from creatorvault.core.http.bodies import parse
from creatorvault.core.http.nesting import MAX_DEPTH, is_shallow, too_deep
from creatorvault.core.text import UNSTORABLE, Location, is_storable, unstorable

pytestmark = pytest.mark.no_cover

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


def value(body: bytes) -> Any:
    return parse(body).value


def plain_value(body: bytes) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    text = body.removeprefix(BOM_UTF8).decode()
    if too_deep(text) is not None:
        raise ValueError(text)
    return json.loads(text, parse_constant=refuse)


def told(read: Any, body: bytes) -> str:
    """Returns a representation with types, signs and key order, which equality ignores."""
    try:
        return repr(read(body))
    except (RequestInvalid, ValueError):
        return "refused"


@pytest.mark.parametrize("body", STRANGE)
def test_strange_bodies_are_parsed_as_by_the_standard_library(body: bytes) -> None:
    assert told(value, body) == told(plain_value, body)


@given(values, st.booleans(), st.integers(0, 1000), st.binary(max_size=2))
@example({"a": 1}, True, 2, b"")
def test_valid_and_damaged_bodies_are_too(sent: Any, ascii_only: bool, place: int, damage: bytes) -> None:
    whole = json.dumps(sent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for body in (whole, whole[:place] + damage + whole[place + 1 :]):
        assert told(value, body) == told(plain_value, body)


escaped_values = st.recursive(
    st.text(st.sampled_from('a\0\\u"\ud800\udc00\U0001f600[')) | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.sampled_from("a\0\ud800")), inner),
)


@given(values | escaped_values, st.booleans())
def test_bodies_reported_as_storable_are_storable(sent: Any, ascii_only: bool) -> None:
    body = json.dumps(sent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        parsed = parse(body)
    except RequestInvalid:
        return
    assert is_storable(parsed.value) or not parsed.storable


@given(values | escaped_values)
def test_unstorable_text_is_found_with_its_location(sent: Any) -> None:
    found = list(unstorable(sent, ("body",)))

    assert is_storable(sent) == (not found)
    assert sorted(map(repr, found)) == sorted(map(repr, plainly_unstorable(sent, ("body",))))


@pytest.mark.parametrize("text", ["\0", "\ud800"])
def test_unstorable_text_after_many_values_has_no_location(text: str) -> None:
    assert [error["loc"] for error in unstorable({"a": [*range(8_000), text]}, ("body",))] == [("body", "a", 8_000)]
    assert [error["loc"] for error in unstorable({"a": [[1]] * 6_000 + [[text]]}, ("body",))] == [("body",)]
    assert not [*unstorable({"a": [[1]] * 6_000 + [["\\u0000"]]}, ("body",))]


def plainly_unstorable(sent: Any, location: Location) -> Iterator[FieldError]:
    """A recursive implementation of `unstorable`."""
    if isinstance(sent, str) and UNSTORABLE.search(sent):
        message = "Value error, U+0000 and lone surrogates are not allowed"
        yield {"type": "value_error", "loc": location, "msg": message}
    elif isinstance(sent, dict):
        for key, inner in sent.items():
            yield from plainly_unstorable(key, location)
            yield from plainly_unstorable(inner, location if UNSTORABLE.search(key) else (*location, key))
    elif isinstance(sent, list):
        for index, inner in enumerate(sent):
            yield from plainly_unstorable(inner, (*location, index))


pieces = st.sampled_from(
    ["[", "]", "{", "}", "[" * 40, "]" * 40, "[{" * 20, "}]" * 20, '"[{"', '"\\"["', '"\\\\"', "[]," * 30, "1"]
)


@given(st.lists(pieces).map("".join), st.sampled_from(["", '"[', '"\\']))
def test_bodies_reported_as_shallow_are_shallow(text: str, end: str) -> None:
    assert not is_shallow((text + end).encode()) or too_deep(text + end) is None


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a\\"[":', "}"), ('[[],"\\\\",', "]")])
def test_valid_json_is_shallow_exactly_up_to_the_limit(depth: int, opening: str, closing: str) -> None:
    text = f"[{f'{opening * (depth - 1)}[]{closing * (depth - 1)},' * 3}{{}}]"

    assert is_shallow(text.encode()) == (too_deep(text) is None) == (depth < MAX_DEPTH)

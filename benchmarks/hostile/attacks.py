"""Requests that are made to be expensive: rows A1 to A9 of what was found by trying, and their siblings."""

import json
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import count, repeat
from typing import Final, NamedTuple
from urllib.parse import quote

from benchmarks.content import Group
from benchmarks.hostile.vaults import ABOVE, EMOJI, LARGEST, LETTERS, MARKS
from benchmarks.works import token

_addresses: Final = count(1)
_newcomers: Final = count(1)

MARK_CHARACTERS: Final = "\u0315\u0323"


class Kind(StrEnum):
    REFUSED = "refused"
    ACCEPTED = "accepted"
    FULL = "full read"


class Attack(NamedTuple):
    """`requests` begins anew with a new identity or address, so that its limits are whole. `at_once` are sent together.

    `of` is the group whose first vaults are attacked, None for a creator with an empty vault, or a stranger.
    """

    row: str
    name: str
    kind: Kind
    statuses: frozenset[int]
    requests: Callable[[str], Iterator[bytes]]
    of: Group | None = None
    times: int = 10
    at_once: int = 1


class Operators(NamedTuple):
    """A key that exists."""

    key: str

    @property
    def key_id(self) -> str:
        return self.key.split("_")[1]


def raw(
    method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None, *, address: str = ""
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: abuse"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if address:
        lines.append(f"X-Forwarded-For: {address}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def new_address() -> str:
    number = next(_addresses)
    return f"198.18.{number // 250}.{number % 250 + 1}"


def newcomer() -> str:
    return f"newcomer-{next(_newcomers)}"


def get(rest: str, **more: str) -> Callable[[str], Iterator[bytes]]:
    return lambda user: repeat(
        raw("GET", f"/api/v1/{user}/ideas{rest}", {"Authorization": f"Bearer {token(user)}", **more})
    )


def post(body: object, *, escaped: bool = False) -> Callable[[str], Iterator[bytes]]:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=escaped).encode()
    return lambda user: repeat(
        raw("POST", f"/api/v1/{user}/ideas", {"Authorization": f"Bearer {token(user)}"}, content)
    )


def stranger(target: str, credentials: Callable[[int], str], **more: str) -> Callable[[str], Iterator[bytes]]:
    """From one address, with other credentials each time."""

    def requests(_user: str) -> Iterator[bytes]:
        address = new_address()
        return (
            raw("GET", target, {"Authorization": f"Bearer {credentials(number)}", **more}, address=address)
            for number in count()
        )

    return requests


def _forged(number: int) -> str:
    """A token that is well built, with another's signature."""
    head, claims, _ = token(f"nobody-{number}").split(".")
    return f"{head}.{claims}.{'A' * 43}"


def _nested(depth: int, key: str, innermost: object) -> object:
    value = innermost
    for _ in range(depth):
        value = {key: value}
    return value


REFUSAL: Final = frozenset({422})


def attacks(operators: Operators) -> list[Attack]:
    refused, accepted, full = Kind.REFUSED, Kind.ACCEPTED, Kind.FULL
    ok, created = frozenset({200}), frozenset({201})
    unauthorized, too_many = frozenset({401, 429}), frozenset({200, 429})
    marks = quote("a" + MARK_CHARACTERS * 5_400)
    admin = "/api/v1/admin/tenants"
    largest = {"title": EMOJI * 200, "notes": EMOJI * 5_000, "tags": [EMOJI * 9 + str(n) for n in range(83)]}
    return [
        Attack("A1", "a tag of 32,600 combining marks", refused, REFUSAL,
               post({"title": "x", "tags": ["a" + "\u0315" * 16_300 + "\u0323" * 16_300]})),
        Attack("A1", "12,000 equal tags", accepted, created, post({"title": "x", "tags": ["same"] * 12_000})),
        Attack("A1", "5,500 spellings of one tag", accepted, created, post(
            {"title": "x", "tags": ["".join(map(_cased, "abcdefghijklm", f"{n:013b}")) for n in range(5_500)]})),
        Attack("A1", "300 tags of 300 marks", refused, REFUSAL,
               post({"title": "x", "tags": [f"{n}" + MARK_CHARACTERS * 75 for n in range(300)]})),
        Attack("A2", "a search of 10,800 combining marks", refused, frozenset({422, 414}), get(f"?search={marks}")),
        Attack("A2", "tags of 10,800 combining marks", refused, frozenset({422, 414}), get(f"?tags={marks}")),
        Attack("A2", "a search of 1,000 combining marks", accepted, ok,
               get(f"?search={quote('a' + MARK_CHARACTERS * 499)}")),
        Attack("A2", "1,000 characters of tags", accepted, ok, get(f"?tags={','.join(['%C3%A9'] * 500)}")),
        Attack("A3", "the first search of 300 ideas of marks", full, ok, get("?search=zebra"), MARKS, 1),
        Attack("A3", "a search in the same vault again", accepted, ok, get("?search=zebra"), MARKS),
        Attack("A4", "the first search of 5,600 ideas of one letter", full, ok, get("?search=zebra"), LETTERS, 1),
        Attack("A4", "a needle that almost matches everywhere", accepted, too_many,
               get(f"?search={'a' * 96}baa"), LETTERS, 5),
        Attack("A4", "titles in order", accepted, too_many, get("?sort=title&limit=1"), LETTERS, 5),
        Attack("A5", "24 searches of a vault above the bound", full, too_many,
               lambda user: (next(get(f"?search=absent{n}")(user)) for n in count()), ABOVE, 24, 24),
        Attack("A6", "a real operator key's id with another secret", refused, unauthorized,
               stranger(admin, lambda n: f"cvop_{operators.key_id}_{n:043d}"), times=20),
        Attack("A6", "40 wrong operator keys at once", refused, unauthorized,
               stranger(admin, lambda n: f"cvop_{operators.key_id}_{n:043d}"), times=40, at_once=40),
        Attack("A6", "an operator key that does not exist", refused, unauthorized,
               stranger(admin, lambda n: f"cvop_{n:010x}_{n:043d}"), times=20),
        Attack("A8", "forged tokens", refused, unauthorized, stranger("/api/v1/x/ideas", _forged), times=20),
        Attack("A8", "400 forged tokens of one address", refused, unauthorized,
               stranger("/api/v1/x/ideas", _forged), times=400, at_once=4),
        Attack("A8", "a token of 8,000 characters", refused, unauthorized,
               stranger("/api/v1/x/ideas", lambda n: f"{'a' * 4_000}.{'b' * 4_000}.{n}")),
        Attack("A9", "30,000 tags that are numbers", refused, REFUSAL, post({"title": "x", "tags": [1] * 30_000})),
        Attack("A9", "5,000 parameters with U+0000", refused, frozenset({422, 414}), get("?" + "a=%00&" * 5_000)),
        Attack("A9", "3,000 stages that do not exist", refused, REFUSAL, get("?" + "stage=x&" * 3_000)),
        Attack("A9", "100 stages that do not exist", refused, REFUSAL, get("?" + "&".join(["stage=x"] * 100))),
        Attack("A9", "control characters as a limit", refused, REFUSAL, get("?limit=" + "%01" * 9_000)),
        Attack("A9", "a key of 30,000 characters with bad values", refused, REFUSAL,
               post(b'{"title":"x","' + b"k" * 30_000 + b'":[' + b",".join([b'"\\u0000"'] * 5_000) + b"]}")),
        Attack("A9", "64 long keys around bad values", refused, REFUSAL,
               post(json.dumps(_nested(60, "k" * 900, ["\0"] * 2_000)).encode())),
        Attack("A9", "9,000 unknown keys", accepted, created,
               post({"title": "x", **{f"{n}": 1 for n in range(9_000)}})),
        Attack("A9", "30,000 empty lists beside an escape", refused, REFUSAL,
               post(b'{"a":"\\u0041","b":[' + b",".join([b"[]"] * 30_000) + b"]}")),
        Attack("A9", "a number of 60,000 digits", refused, REFUSAL, post(b'{"title":' + b"9" * 60_000 + b"}")),
        Attack("A9", "a due date of 60,000 digits", refused, REFUSAL,
               post({"title": "x", "due_date": "9" * 60_000})),
        Attack("A9", "50,000 brackets", refused, REFUSAL, post(b"[" * 50_000)),
        Attack("-", "problem details asked for 1,200 times", refused, frozenset({422, 431}),
               get("?limit=0", Accept="application/problem+json;" * 1_200 + "q=0")),
        Attack("-", "3,000 entity tags", accepted, frozenset({200, 431}),
               get("", **{"If-None-Match": ", ".join(f'"{n}"' for n in range(3_000))})),
        Attack("-", "a cursor of 2,000 characters", refused, REFUSAL, get("?cursor=" + "A" * 2_000)),
        Attack("-", "a body above the limit", refused, frozenset({413}), post({"title": "x", "more": "x" * 120_000})),
        Attack("-", "the largest idea in its longest spelling", accepted, created, post(largest, escaped=True)),
        Attack("-", "100 of the largest ideas", accepted, ok, get("?limit=100"), LARGEST),
        Attack("-", "the farthest offset", accepted, ok, get(f"?offset={2**63 - 1}"), LETTERS),
        Attack("-", "a filter and an order that no index has", accepted, ok,
               get("?sort=stage&stage=idea&priority=high&limit=1"), LETTERS),
    ]  # fmt: skip


def _cased(letter: str, bit: str) -> str:
    return letter.upper() if bit == "1" else letter

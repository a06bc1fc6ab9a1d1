"""What is measured: requests, who answers them, and what the answer should cost."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import cycle
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlencode

import jwt

from benchmarks import content
from benchmarks.content import Group, Text
from benchmarks.load import Requests

BODIES: Final = 512


class Work(NamedTuple):
    """`times_baseline` and `times_floor` are the throughputs to reach; `groups` what must be in the databases.

    `translated` has the requests of those services that have another API.
    """

    name: str
    title: str
    requests: Requests
    groups: tuple[Group, ...]
    services: tuple[str, ...] = ("ours", "baseline", "floor")
    times_baseline: float | None = None
    times_floor: float | None = None
    connections: int = 16
    translated: Mapping[str, Requests] = MappingProxyType({})

    def requests_of(self, service: str) -> Requests:
        return self.translated.get(service, self.requests)


@cache
def token(user_id: str) -> str:
    now = int(time.time())
    claims = {"sub": user_id, "user_id": user_id, "email": "ada@example.org", "name": "Ada", "iat": now}
    return jwt.encode({**claims, "exp": now + 86_400}, content.SECRET, algorithm="HS256")


type Body = Mapping[str, object]


class Ask(Protocol):
    """A whole request on the ideas of a user; `rest` is what follows their address: nothing, an idea's id, a query."""

    def __call__(self, method: str, user_id: str, rest: str = "", body: Body | None = None) -> bytes: ...


def request(method: str, user_id: str, rest: str = "", body: Body | None = None) -> bytes:
    return http(method, f"/api/v1/{user_id}/ideas{rest}", token(user_id), body)


def http(method: str, target: str, bearer: str, body: Body | None = None) -> bytes:
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nAuthorization: Bearer {bearer}\r\n"
    )
    if body is None:
        return f"{head}\r\n".encode()
    encoded = json.dumps(body)
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(encoded)}\r\n\r\n{encoded}".encode()


def lists(group: Group, rests: Callable[[], Iterator[str]] = lambda: iter(("",)), ask: Ask = request) -> Requests:
    """Round all the vaults of the group, each time with the next of `rests`."""

    def supply() -> Iterator[bytes]:
        users, endless = cycle(group.users()), cycle(rests())
        return (ask("GET", user, rest) for user, rest in zip(users, endless, strict=False))

    return supply


def search(term: str) -> str:
    return "?" + urlencode({"search": term})


_left: Final = cycle(map(search, content.search_terms()))


def searches() -> Iterator[str]:
    """Goes on where the last run ended, so that no remembered answer helps."""
    return _left


def tag_filters() -> Iterator[str]:
    pairs = ((first, second) for first in content.WORDS for second in content.WORDS if first < second)
    return ("?" + urlencode({"tags": f"{first},{second}"}) for first, second in pairs)


def title_pages() -> Iterator[str]:
    return (f"?sort=title&order=asc&offset={offset}" for offset in range(0, 2000, 20))


def gets(group: Group, ask: Ask = request) -> Requests:
    def supply() -> Iterator[bytes]:
        ids = {user: content.idea_ids(user, group.ideas) for user in group.users()}
        return cycle([ask("GET", user, f"/{ids[user][number]}") for number in range(0, group.ideas, 7) for user in ids])

    return supply


def creates(group: Group, ask: Ask = request) -> Requests:
    def supply() -> Iterator[bytes]:
        text = Text(time.time_ns())
        return cycle([ask("POST", user, body=text.body()) for _ in range(BODIES // 64) for user in group.users()])

    return supply


def patches(group: Group, ask: Ask = request) -> Requests:
    """Each sets a title that no idea has."""

    def supply() -> Iterator[bytes]:
        text = Text(time.time_ns())
        ids = {user: cycle(content.idea_ids(user, group.ideas)) for user in group.users()}
        return (ask("PATCH", user, f"/{next(ids[user])}", {"title": text.new_title()}) for user in cycle(group.users()))

    return supply


SMALL, TINY = content.SMALL, content.TINY
THOUSAND, TEN_THOUSAND = content.THOUSAND, content.TEN_THOUSAND
BOTH: Final = ("ours", "baseline")

WORKS: Final[Sequence[Work]] = (
    Work("list", "list, first 20 of 200", lists(SMALL), (SMALL, TINY), times_baseline=4, times_floor=0.6),
    Work("get", "get one", gets(SMALL), (SMALL, TINY), times_baseline=4, times_floor=0.6),
    Work("create", "create", creates(TINY), (SMALL, TINY), times_baseline=3, times_floor=0.5),
    Work("patch", "patch one field", patches(TINY), (SMALL, TINY), times_baseline=2.5, times_floor=0.5),
    Work("search-1000", "search, warm, 1,000 ideas", lists(THOUSAND, searches), (THOUSAND,), BOTH, 4),
    Work("search-10000", "search, warm, 10,000 ideas", lists(TEN_THOUSAND, searches), (TEN_THOUSAND,), BOTH, 4),
    Work(
        "search-alone",
        "search, warm, 10,000 ideas, one connection",
        lists(TEN_THOUSAND, searches),
        (TEN_THOUSAND,),
        BOTH,
        4,
        connections=1,
    ),
    Work("tags", "tag filter, 10,000 ideas, warm", lists(TEN_THOUSAND, tag_filters), (TEN_THOUSAND,), BOTH, 3),
    Work("title", "title order, 10,000 ideas, warm", lists(TEN_THOUSAND, title_pages), (TEN_THOUSAND,), BOTH, 3),
    Work(
        "search-cold",
        "search, cold, 10,000 ideas, one connection",
        lists(TEN_THOUSAND, searches),
        (TEN_THOUSAND,),
        ("cold", "baseline", "first"),
        1,
        connections=1,
    ),
    Work(
        "list-200000",
        "list, first 20 of 200,000",
        lists(content.TWO_HUNDRED_THOUSAND),
        (content.TWO_HUNDRED_THOUSAND,),
        BOTH,
    ),
)

"""The cost of a request is bounded: sizes and counts are checked before anything more expensive."""

import json
from collections.abc import Mapping
from time import process_time
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from creatorvault.core.http.paging import CURSOR_LENGTH
from tests.application import House
from tests.factories import Creator

pytestmark = pytest.mark.no_cover

# Out of their canonical order, so that CPython before the fix of python/cpython#149079 sorts them by insertion.
MARKS: Final = ("\u0315", "\u0323")
MORE: Final = 4096
"""Bytes of an error response in excess of the request."""

REFUSED_MS: Final = 120
ACCEPTED_MS: Final = 200
"""Several times the measured values, but less than quadratic algorithms take."""


def marks(number: int) -> str:
    first, second = MARKS
    return first * (number // 2) + second * (number - number // 2)


class Sent:
    """A request that was sent three times, and the processor time of the fastest."""

    def __init__(self, request: httpx.Request, answer: httpx.Response, milliseconds: float) -> None:
        self.answer = answer
        self.milliseconds = milliseconds
        self.more_bytes = len(answer.content) - len(request.url.raw_path) - len(request.content)

    @property
    def errors(self) -> list[dict[str, Any]]:
        assert self.answer.status_code == 422, self.answer.text
        found = self.answer.json()
        errors: list[dict[str, Any]] = found["errors"] if "errors" in found else found["detail"]
        return errors


async def send(
    creator: Creator, method: str, url: str = "", content: bytes = b"", headers: Mapping[str, str] | None = None
) -> Sent:
    given = {"Content-Type": "application/json", **creator.headers, **(headers or {})}
    request = creator.client.build_request(method, creator.url + url, content=content, headers=given)
    times = []
    for _ in range(3):
        begun = process_time()
        answer = await creator.client.send(request)
        times.append(process_time() - begun)
    return Sent(request, answer, min(times) * 1000)


def as_json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


TAGS: Final = {
    "one of 32,601 marks": ["a" + marks(32_600)],
    "many of 900 marks": [f"{number}{marks(900)}" for number in range(50)],
    "one behind a thousand blanks": [*[" "] * 1000, "a" + marks(30_000)],
    "parts of one text": [",".join(marks(1100) + str(number) for number in range(40))],
    "many short ones": [f"é{number}" for number in range(9000)],
}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("kind", TAGS)
async def test_tags_that_are_too_long_are_refused_at_once(ada: Creator, method: str, kind: str) -> None:
    url = "" if method == "POST" else f"/{(await ada.idea())['id']}"
    sent = await send(ada, method, url, as_json({"title": "x", "tags": TAGS[kind]}))

    (error,) = sent.errors
    assert (error["type"], error["loc"], error["ctx"]) == ("tags_too_long", ["body", "tags"], {"max_length": 1000})
    assert sent.milliseconds < REFUSED_MS


REPEATED: Final = {
    "one tag": (["é"] * 14_000, ["é"]),
    "one tag of marks": ([marks(900)] * 50, [marks(900)]),
    "spellings of one tag": ([f"{n:013b}".replace("0", "é").replace("1", "É") for n in range(2500)], ["é" * 13]),
    "parts of one text": ([",".join(["é, É"] * 5000)], ["é"]),
    "no tag": (["", " ", ","] * 6000, []),
}


@pytest.mark.parametrize("kind", REPEATED)
async def test_many_equal_tags_are_stored_as_one(ada: Creator, kind: str) -> None:
    given, kept = REPEATED[kind]
    sent = await send(ada, "POST", content=as_json({"title": "x", "tags": given}))

    assert (sent.answer.status_code, sent.answer.json()["tags"]) == (201, kept)
    assert sent.milliseconds < ACCEPTED_MS


@pytest.mark.parametrize("name", ["search", "tags"])
async def test_a_search_and_a_filter_have_at_most_1000_characters(ada: Creator, name: str) -> None:
    longest = await send(ada, "GET", f"?{httpx.QueryParams({name: '😀' * 1000})}")
    hostile = await send(ada, "GET", f"?{httpx.QueryParams({name: marks(1000)})}")
    too_long = await send(ada, "GET", f"?{httpx.QueryParams({name: 'x' * 1001})}")
    far_too_long = await send(ada, "GET", f"?{httpx.QueryParams({name: marks(5400)})}")

    assert (longest.answer.status_code, hostile.answer.status_code) == (200, 200)
    assert hostile.milliseconds < ACCEPTED_MS
    for sent in (too_long, far_too_long):
        (error,) = sent.errors
        assert (error["type"], error["loc"]) == ("string_too_long", ["query", name])
        assert error["ctx"] == {"max_length": 1000}
        assert "input" not in error
        assert sent.milliseconds < REFUSED_MS


@pytest.mark.parametrize("title", ["\x01" * 200, "😀" * 200, '"' * 200])
async def test_no_issued_cursor_exceeds_the_maximum_length(ada: Creator, title: str) -> None:
    for _ in range(2):
        await ada.idea(title)

    first = await ada.list({"sort": "title", "limit": 1, "cursor": ""})
    cursor = first.json()["next_cursor"]
    second = await ada.list({"sort": "title", "limit": 1, "cursor": cursor})

    assert len(cursor) <= 1752 <= CURSOR_LENGTH
    assert (second.status_code, len(second.json()["items"])) == (200, 1)


async def test_a_cursor_that_is_too_long_is_refused_like_any_wrong_one(ada: Creator) -> None:
    sent = await send(ada, "GET", f"?cursor={'A' * 30_000}")

    (error,) = sent.errors
    assert (error["type"], error["loc"]) == ("cursor_invalid", ["query", "cursor"])


async def test_hundreds_of_ideas_full_of_marks_are_stored_and_searched(ada: Creator) -> None:
    notes = marks(5000)
    stored = await send(ada, "POST", content=as_json({"title": "Zalgo", "notes": notes}))
    for _ in range(97):
        await ada.idea("Zalgo", notes=notes)
    begun = process_time()
    found = await ada.list({"search": "zalgo"})
    searched = (process_time() - begun) * 1000

    assert stored.answer.status_code == 201
    assert stored.milliseconds < ACCEPTED_MS
    assert (found.status_code, found.json()["total"]) == (200, 100)
    assert searched < 100 * 15, "40 ms for each of them is what CPython takes"


async def test_the_largest_idea_in_its_longest_encoding_is_stored(ada: Creator) -> None:
    idea = {"title": "😀" * 200, "notes": "😀" * 5000, "tags": ["😀" * 1000]}
    body = json.dumps(idea).encode()

    answer = await ada.post(content=body, headers={"Content-Type": "application/json"})

    assert len(body) > 74_400
    assert (answer.status_code, {name: answer.json()[name] for name in idea}) == (201, idea)


async def test_the_longest_valid_url_is_served(house: House) -> None:
    ada = house.creator("😀" * 255, {"user_id": None})  # twice the length would not fit into a token
    await ada.idea("Ω" * 200)
    asked = {"search": "😀" * 1000, "tags": "😀" * 1000, "sort": "title", "stage": "published", "cursor": ""}

    answer = await ada.list(asked)

    assert (answer.status_code, answer.json()["total"]) == (200, 0)


WRONG_BODIES: Final = {
    "30,000 tags that are no text": b'{"title":"x","tags":[' + b"1," * 30_000 + b"1]}",
    "tags of which each second is no text": b'{"title":"x","tags":[' + b'1,"a",' * 12_000 + b"1]}",
    "a long name before many faults": b'{"' + b"k" * 30_000 + b'":[' + b'"\\u0000",' * 6000 + b"1]}",
    "long names in each other": b'{"a":{' + b"".join(b'"%s":{' % (b"k" * 1400) for _ in range(61)) + b'"b":"\\u0000"}}'
    b"}" * 62,
    "long names of control characters": b'{"%s":"\\u0000"}' % (b"\\u0001" * 5000),
    "many unknown names": as_json({f"k{number}": 1 for number in range(8000)}),
    "many names that cannot be stored": b"{" + b",".join(b'"%d\\u0000":1' % n for n in range(5000)) + b"}",
    "many texts that cannot be stored": b"{" + b",".join(b'"%d":"\\ud800"' % n for n in range(5000)) + b"}",
    "a fault before thousands of empty lists": b'{"title":"x","a":["\\u0000",' + b"[]," * 30_000 + b"1]}",
    "a fault behind thousands of empty lists": b'{"title":"x","a":[' + b"[]," * 30_000 + b'"\\u0000"]}',
    "a fault behind thousands of lists": b'{"title":"x","a":[' + b"[1]," * 22_000 + b'"\\u0000"]}',
    "thousands of empty lists and no title": b'{"a":[' + b"[]," * 30_000 + b"1]}",
    "nothing but brackets": b"[" * 98_000,
    "quotation marks and backslashes": b'"\\' * 49_000,
    "a constant behind many texts": b'{"a":[' + b'"x",' * 24_000 + b"NaN]}",
    "a number of 97,000 digits": b'{"title":"x","a":' + b"9" * 97_000 + b"}",
    "a date of 97,000 digits": b'{"title":"x","due_date":"' + b"9" * 97_000 + b'"}',
    "a long stage": as_json({"title": "x", "stage": "s" * 97_000}),
    "a long title": as_json({"title": marks(45_000)}),
    "long notes": as_json({"title": "x", "notes": marks(45_000)}),
    "one wrong tag": b'{"title":"x","tags":[1]}',
    "60 wrong tags": b'{"title":"x","tags":[' + b"1," * 59 + b"1]}",
    "short control characters": b'{"title":"x","stage":"%s","priority":"%s","due_date":"%s"}'
    % ((b"\x7f" * 100, b"\\u0001" * 100, b"\\u0001" * 100)),
}


@pytest.mark.parametrize("accept", ["*/*", "application/problem+json"])
@pytest.mark.parametrize("kind", WRONG_BODIES)
async def test_an_invalid_body_gets_a_short_and_fast_response(ada: Creator, kind: str, accept: str) -> None:
    sent = await send(ada, "POST", content=WRONG_BODIES[kind], headers={"Accept": accept})

    assert 1 <= len(sent.errors) <= 50
    assert sent.more_bytes <= MORE
    assert sent.milliseconds < REFUSED_MS


WRONG_QUERIES: Final = {
    "8,000 bytes of stages": "&".join(["stage=x"] * 1000),
    "10,000 letters that cannot be stored": "&".join(["a=%00"] * 5400),
    "100 of them with names": "&".join(f"a{number}=%00" for number in range(100)),
    "ampersands": "&" * 30_000,
    "a long name": f"{'a' * 30_000}=%00",
    "a name of control characters": f"{'%01' * 10_000}=%00",
    "a long sort": f"sort={'%01' * 10_000}",
    "short control characters": "&".join(f"{name}={'%01' * 100}" for name in ("sort", "order", "limit", "offset")),
    "a limit of 30,000 digits": f"limit={'9' * 30_000}",
    "an offset of 4,300 digits": f"offset={'9' * 4300}",
}


@pytest.mark.parametrize("accept", ["*/*", "application/problem+json"])
@pytest.mark.parametrize("kind", WRONG_QUERIES)
async def test_an_invalid_query_gets_a_short_and_fast_response(ada: Creator, kind: str, accept: str) -> None:
    sent = await send(ada, "GET", f"?{WRONG_QUERIES[kind]}", headers={"Accept": accept})

    assert 1 <= len(sent.errors) <= 50
    assert sent.more_bytes <= MORE
    assert sent.milliseconds < REFUSED_MS


async def test_at_most_100_parameters_are_read(ada: Creator) -> None:
    hundred = await send(ada, "GET", f"?{'&'.join(['stage=idea'] * 100)}")
    more = await send(ada, "GET", f"?{'&'.join(['stage=idea'] * 101)}")

    assert hundred.answer.status_code == 200
    assert more.errors == [
        {
            "type": "too_many_parameters",
            "loc": ["query"],
            "msg": "At most 100 parameters are read",
            "ctx": {"max_length": 100},
        }
    ]


async def test_of_many_invalid_tags_the_first_50_are_reported(ada: Creator) -> None:
    mixed = [tag for number in range(100) for tag in ("fine" * 10, number)]

    sent = await send(ada, "POST", content=as_json({"title": "x", "tags": mixed}))

    assert [error["loc"] for error in sent.errors] == [["body", "tags", place] for place in range(1, 100, 2)]


async def test_errors_of_known_fields_are_reported_first(ada: Creator) -> None:
    body = b'{"stage":"x",%s,"notes":"\\u0000"}' % b",".join(b'"%d":"\\u0000"' % n for n in range(100))

    sent = await send(ada, "POST", content=body)

    assert [error["loc"] for error in sent.errors[:2]] == [["body", "title"], ["body", "stage"]]


async def test_long_values_are_not_repeated(ada: Creator) -> None:
    short, long = "s" * 100, "s" * 101
    name = "n" * 65
    body = b'{"title":"x","stage":"%s","priority":"%s","%s":"\\u0000","due_date":%s}'

    sent = await send(ada, "POST", content=body % (short.encode(), long.encode(), name.encode(), b"9" * 30))

    stage, priority, due_date, unknown = sent.errors
    assert (stage["input"], "input" in priority, "input" in due_date) == (short, False, False)
    assert unknown["loc"] == ["body", f"{'n' * 64}…"]


async def test_a_location_has_at_most_eight_elements(ada: Creator) -> None:
    sent = await send(ada, "POST", content=b'{"title":"x","a":%s"\\u0000"%s}' % (b"[" * 30, b"]" * 30))

    assert [error["loc"] for error in sent.errors] == [["body", "a", 0, 0, 0, 0, 0, 0]]


HEADERS: Final = {
    "a long Accept": {"Accept": "application/problem+json;" * 1200},
    "a long Accept with a quality of 0": {"Accept": f"{'application/problem+json;' * 1200}q=0"},
    "a long Accept that is none": {"Accept": f"{'application/problem+json;' * 600}q=0;q=0.{'0' * 15_000}a"},
    "a long Accept of parameters": {"Accept": f"{'application/problem+json;' * 600}q=0;{'q=0a;' * 3000}"},
    "a long Accept of blanks": {"Accept": f"application/problem+json;{' ' * 30_000}x"},
    "many entity tags": {"If-None-Match": '""' * 15_000},
    "half entity tags": {"If-None-Match": 'W/"' * 10_000},
    "one long entity tag": {"If-None-Match": f'"{"a" * 30_000}'},
    "a long id": {"X-Correlation-ID": "a" * 30_000},
    "a long trace": {"traceparent": f"00-{'a' * 30_000}"},
    "many addresses": {"X-Forwarded-For": "10.0.0.1," * 3000},
    "a long media type": {"Content-Type": f"application/{'+' * 30_000}"},
    "a long host": {"Host": "a." * 15_000},
    "a long origin": {"Origin": f"http://{'a.' * 15_000}"},
    "a long token": {"Authorization": f"Bearer {'a.' * 15_000}"},
    "a token of 8 kB": {"Authorization": f"Bearer {'a' * 4000}.{'b' * 4000}."},
    "a long key": {"Idempotency-Key": "a" * 30_000},
}


@pytest.mark.parametrize(("method", "url"), [("GET", ""), ("GET", "/x"), ("POST", ""), ("PATCH", f"/{'0-' * 500}")])
@pytest.mark.parametrize("kind", HEADERS)
async def test_no_header_makes_a_request_expensive(ada: Creator, kind: str, method: str, url: str) -> None:
    sent = await send(ada, method, url, headers=HEADERS[kind])

    assert sent.answer.status_code < 500
    assert sent.more_bytes <= MORE
    assert sent.milliseconds < REFUSED_MS


@pytest.mark.parametrize("path", ["/a" * 16_000, "/a" + "/" * 31_000, "/%2f" * 8000, f"/api/v1/{'a' * 32_000}/ideas"])
async def test_no_path_makes_a_request_expensive(ada: Creator, path: str) -> None:
    request = ada.client.build_request("DELETE", path, headers=ada.headers)
    times = []
    for _ in range(3):
        begun = process_time()
        answer = await ada.client.send(request)
        times.append(process_time() - begun)

    assert answer.status_code == 414
    assert min(times) * 1000 < REFUSED_MS


async def test_a_path_has_at_most_4096_bytes(house: House) -> None:
    """Long enough for the longest user id and an idea's id."""
    longest = house.creator("\u4e2d" * 255)
    url = f"/api/v1/{quote(longest.user_id)}/ideas"

    stored = await longest.request("POST", url, json={"title": "x"})
    fits, does_not = [await longest.request("GET", f"{url}/{'a' * (size - len(url) - 1)}") for size in (4096, 4097)]

    assert stored.status_code == 201
    assert (await longest.request("GET", f"{url}/{stored.json()['id']}")).json() == stored.json()
    assert (fits.status_code, does_not.status_code) == (422, 414)
    assert does_not.json()["detail"] == "The path may have 4096 bytes"


@pytest.mark.parametrize("path", ["", "/nowhere"])
async def test_a_url_that_is_too_long_is_414(ada: Creator, path: str) -> None:
    target = f"{ada.url}{path}?a="
    fits = await ada.request("GET", target + "a" * (32_768 - len(target) + 1))
    answer = await ada.request("GET", target + "a" * (32_768 - len(target) + 2))

    assert fits.status_code in {200, 422}
    assert (answer.status_code, answer.json()) == (
        414,
        {"detail": "The path and the query together may have 32768 bytes", "code": "target_too_long"},
    )


@pytest.mark.parametrize(
    "headers", [[("X", "a" * 32_768)], [(f"X-{number}", "a") for number in range(100)], [("X", "")] * 101]
)
async def test_headers_that_are_too_large_or_too_many_are_431(ada: Creator, headers: list[tuple[str, str]]) -> None:
    answer = await ada.client.get(ada.url, headers=headers)

    assert answer.status_code == 431
    assert answer.json() == {
        "detail": "The headers but Authorization may have 32768 bytes in all, and there may be 100 of them",
        "code": "headers_too_large",
    }


async def test_a_token_that_is_too_long_is_refused_with_the_reason(ada: Creator) -> None:
    answer = await ada.client.get(ada.url, headers={"Authorization": f"Bearer {'a' * 60_000}"})

    assert answer.status_code == 401
    assert answer.json()["detail"].endswith("the token is longer than 8192 bytes")


@pytest.mark.parametrize(("status", "target", "more"), [(414, "?" + "a" * 33_000, ""), (431, "", "a" * 33_000)])
async def test_requests_refused_for_their_size_have_headers_and_are_logged(
    ada: Creator, logs: Any, status: int, target: str, more: str
) -> None:
    asked = {"Accept": "application/problem+json", "Origin": "http://localhost:3000", "X-Correlation-ID": "mine"}
    answer = await ada.request("GET", ada.url + target, headers={**asked, "X": more})

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-correlation-id"] == "mine"
    assert [event["status"] for event in logs.events if event["event"] == "request"] == [status]


async def test_the_limits_of_a_request_can_be_configured(house_with: Any) -> None:
    small = await house_with(
        CREATORVAULT_SERVER__MAX_TARGET_BYTES="1024",
        CREATORVAULT_SERVER__MAX_HEADER_BYTES="1024",
        CREATORVAULT_SERVER__MAX_BODY_BYTES="1024",
    )
    ada = small.creator()

    assert (await ada.request("GET", f"{ada.url}?{'a' * 1024}")).status_code == 414
    assert (await ada.request("GET", ada.url, headers={"X": "a" * 1024})).status_code == 431
    assert (await ada.post({"title": "x", "notes": "a" * 1024})).status_code == 413
    assert (await ada.post({"title": "x"})).status_code == 201

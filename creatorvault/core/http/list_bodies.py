"""Reads a body that is mainly a long list, in slices: no step takes longer than one for an ordinary body."""

import json
import re
from asyncio import Semaphore
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

from litestar import Request

from creatorvault.core.errors import RequestInvalid, ServiceUnavailable, TooLarge
from creatorvault.core.http.bodies import (
    ESCAPE,
    NOT_AN_OBJECT,
    Body,
    NotANumber,
    decoded,
    not_a_number,
    not_json,
    parse_object,
    received_json,
    refuse_constant,
)
from creatorvault.core.http.nesting import BRACKET, is_shallow, too_deep
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.core.waiting.deadlines import Waiting
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.core.waiting.keyed_locks import KeyedLocks
from creatorvault.settings.sections import Settings

AT_ONCE: Final = 8
"""Long bodies that a process holds in memory at a time, and one of each caller."""

FIRST_LOOK: Final = 4096
"""Most elements are shorter. Longer ones are looked at twice, so that few characters are copied."""

WHITE_SPACE: Final = re.compile(r"[ \t\n\r]*")

_scan: Final[Callable[[str, int], tuple[Any, int]]] = json.JSONDecoder(parse_constant=refuse_constant).scan_once  # type: ignore[attr-defined]  # typeshed omits it


class LargeBodies:
    """Places for long bodies. One per process, for one event loop."""

    def __init__(self, answer_seconds: float) -> None:
        self._callers = KeyedLocks[str](answer_seconds)
        self._places = Semaphore(AT_ONCE)
        self._answer_seconds = answer_seconds

    def __len__(self) -> int:
        """The number of callers with a long body."""
        return len(self._callers)

    @asynccontextmanager
    async def place(self, request: Request[Any, Any, Any], caller: str) -> AsyncGenerator[None]:
        """Holds a place while the body is in memory; needs none for one that is as short as any other.

        Raises ServiceUnavailable if none is free within the request's wait budget.
        """
        announced = header(request.scope, b"content-length") or ""
        if announced.isdecimal() and len(announced) < len(str(2**63)) and int(announced) <= longest_element(request):
            yield
            return
        async with self._callers.lock(caller):
            try:
                async with Waiting(self._answer_seconds):
                    await self._places.acquire()
            except TimeoutError:
                raise ServiceUnavailable from None
            try:
                yield
            finally:
                self._places.release()


def longest_element(request: Request[Any, Any, Any]) -> int:
    return part_of(request.app, Settings).server.max_body_bytes


async def read_list_object(request: Request[Any, Any, Any], name: str, slices: TimeSlice) -> Body:
    """As `read_object`, for an object whose member `name` is a long list. Each of its elements, and each other member,
    may be as long as another body. Raises TooLarge if one is longer, and as `read_object`.
    """
    body = await received_json(request)
    longest = longest_element(request)
    if len(body) <= longest:
        return parse_object(body)
    members = _Members(decoded(body), name, longest)
    slices.restart()
    for _ in members.steps():
        await slices.rest_if_over()
    return Body(members.values, ESCAPE not in body, len(body))


class _Members:
    """Parses an object. `values` are its members when all steps are done."""

    def __init__(self, text: str, name: str, longest: int) -> None:
        self.values: dict[str, Any] = {}
        self._text = text
        self._name = name
        self._longest = longest

    def steps(self) -> Iterator[None]:
        """Raises RequestInvalid and TooLarge."""
        text, place = self._text, self._skip(0)
        if text[place : place + 1] != "{":
            raise RequestInvalid([NOT_AN_OBJECT])
        place = self._skip(place + 1)
        if text[place : place + 1] != "}":
            while True:
                name, place = self._key(place)
                place = self._expect(place, ":")
                if name == self._name and text[place : place + 1] == "[":
                    self.values[name] = elements = list[Any]()
                    place = yield from self._elements(place, elements)
                else:
                    self.values[name], place = self._value(place)
                yield
                place = self._skip(place)
                if text[place : place + 1] == "}":
                    break
                place = self._expect(place, ",")
        if self._skip(place + 1) != len(text):
            raise not_json(self._skip(place + 1), "Extra data")

    def _elements(self, place: int, elements: list[Any]) -> Generator[None, None, int]:
        """Returns the place after the list."""
        text, place = self._text, self._skip(place + 1)
        if text[place : place + 1] == "]":
            return place + 1
        while True:
            value, place = self._value(place)
            elements.append(value)
            yield
            place = self._skip(place)
            if text[place : place + 1] == "]":
                return place + 1
            place = self._expect(place, ",")

    def _key(self, place: int) -> tuple[str, int]:
        if self._text[place : place + 1] != '"':
            raise not_json(place, "Expecting property name enclosed in double quotes")
        key, end = self._value(place)
        return str(key), end

    def _expect(self, place: int, sign: str) -> int:
        place = self._skip(place)
        if self._text[place : place + 1] != sign:
            raise not_json(place, f"Expecting '{sign}' delimiter")
        return self._skip(place + 1)

    def _skip(self, place: int) -> int:
        found = WHITE_SPACE.match(self._text, place)
        return place if found is None else found.end()

    def _value(self, place: int) -> tuple[Any, int]:
        """Returns a value and the place after it. Looks at no more text than a value may have."""
        piece, error = "", None
        for length in (FIRST_LOOK, self._longest):
            piece = self._text[place : place + length]
            is_whole = place + length >= len(self._text)
            try:
                value, end = _scanned(piece, place)
            except RequestInvalid as found:
                error = found
                if is_whole:
                    raise
                continue
            if end < len(piece) or is_whole:
                return value, place + end
        if error is not None and _ends(piece):
            raise error
        raise TooLarge(f"An element of the body may have {self._longest} bytes")


def _scanned(piece: str, place: int) -> tuple[Any, int]:
    """Returns the value at the beginning and where it ends. `place` is that of the piece. Raises RequestInvalid."""
    try:
        value, end = _scan(piece, 0)
    except StopIteration as stop:
        raise not_json(place + stop.value, "Expecting value") from None
    except json.JSONDecodeError as error:
        raise not_json(place + error.pos, error.msg) from None
    except NotANumber:
        raise not_a_number(piece, place) from None
    except ValueError:
        raise not_json(place, "Number with too many digits") from None
    except RecursionError:
        raise not_json(place + (too_deep(piece) or 0), "Nested too deeply") from None
    if not is_shallow(piece[:end].encode()):
        raise not_json(place + (too_deep(piece[:end]) or 0), "Nested too deeply")
    return value, end


def _ends(piece: str) -> bool:
    """Whether the value at the beginning seems to end in the piece, which has an error."""
    depth = 0
    for found in BRACKET.finditer(piece):
        if found[1]:
            depth += 1
        elif found[0] in "]}":
            depth -= 1
            if depth <= 0:
                return True
    return piece[:1] not in '[{"'

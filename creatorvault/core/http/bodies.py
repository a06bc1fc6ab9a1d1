"""Parses JSON bodies as FastAPI does, except what RFC 8259 does not allow: NaN, Infinity, other encodings.

A leading UTF-8 byte order mark is skipped, as §8.1 allows; offsets in errors count from the byte after it. Bodies are
limited in length (settings, 413), in depth, and in the time to send them.
"""

import json
import math
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from typing import Any, Final, NamedTuple, NoReturn

from litestar import Request
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import HTTPReceiveMessage, Receive

from creatorvault.core.errors import BodyTooSlow, ClientGone, FieldError, RequestInvalid
from creatorvault.core.http.nesting import is_shallow, too_deep
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.core.waiting.timeouts import Timeouts
from creatorvault.settings.sections import Settings

JSON_MEDIA_TYPE: Final = re.compile(r"application/(?:[\w!#$&^.+-]+\+)?json", re.IGNORECASE)
ESCAPE: Final = b"\\u"
LARGE_BYTES: Final = 8192
"""The most expensive bodies and queries take a millisecond for 16 KB."""

# UTF-32's little-endian mark begins with UTF-16's, so it is checked first.
OTHER_ENCODINGS: Final = (
    (BOM_UTF32_LE, "UTF-32"),
    (BOM_UTF32_BE, "UTF-32"),
    (BOM_UTF16_LE, "UTF-16"),
    (BOM_UTF16_BE, "UTF-16"),
)
# Everything before the first constant is JSON, in which only strings contain these capital letters.
CONSTANT: Final = re.compile(r'(?:[^"IN-]|"(?:[^"\\]|\\.)*+"|-(?!I))*+(-?Infinity|NaN)', re.DOTALL)
MISSING: Final[FieldError] = {"type": "missing", "loc": ("body",), "msg": "Field required"}
NOT_AN_OBJECT: Final[FieldError] = {
    "type": "model_attributes_type",
    "loc": ("body",),
    "msg": "Input should be a valid dictionary or object to extract fields from",
}


class Body(NamedTuple):
    """`storable` means that all text is known to be storable (core.text). `size` is the size as sent, in bytes."""

    value: Any
    storable: bool
    size: int


async def read_object(request: Request[Any, Any, Any]) -> Body:
    """Raises RequestInvalid if the body is missing, has another media type, or is not JSON, too deep or not an object.

    Raises BodyTooSlow, ClientGone and RequestEntityTooLarge if it does not arrive completely, in time and in size.
    """
    return parse_object(await received_json(request))


async def received_json(request: Request[Any, Any, Any]) -> bytes:
    """As `read_object`, without looking at the content."""
    body = await received(request)
    if not body:
        raise RequestInvalid([MISSING])
    await turn_of_large(request, len(body))
    declared = header(request.scope, b"content-type")
    if declared is not None and not JSON_MEDIA_TYPE.fullmatch(declared.partition(";")[0].strip()):
        raise RequestInvalid([NOT_AN_OBJECT])
    return body


def parse_object(body: bytes) -> Body:
    """Raises RequestInvalid."""
    parsed = parse(body)
    if not isinstance(parsed.value, dict):
        raise RequestInvalid([NOT_AN_OBJECT])
    return parsed


async def turn_of_large(request: Request[Any, Any, Any], size: int) -> None:
    """Waits until no other long computation runs in this iteration of the event loop, if `size` bytes may take longer
    than a slice. Otherwise a dozen that have arrived together would be computed before anything else.
    """
    if size > LARGE_BYTES:
        await part_of(request.app, EventLoopBudget).pause()


async def received(request: Request[Any, Any, Any]) -> bytes:
    """What `request.body()` reads, with as few steps as a body takes that comes in one piece, as most do.

    Raises BodyTooSlow, ClientGone and RequestEntityTooLarge.
    """
    largest = request.route_handler.resolve_request_max_body_size() or math.inf
    announced = header(request.scope, b"content-length")
    if announced is not None and _length(announced) > largest:
        raise RequestEntityTooLarge
    try:
        with part_of(request.app, Timeouts).within(part_of(request.app, Settings).server.body_seconds):
            return await _whole(request.receive, largest)
    except TimeoutError:
        raise BodyTooSlow from None


def _length(announced: str) -> int:
    try:
        return int(announced)
    except ValueError:
        raise ClientException("Invalid content-length") from None


async def _whole(receive: Receive, largest: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message: HTTPReceiveMessage = await receive()  # type: ignore[assignment]  # of a request it gives no other
        if message["type"] == "http.disconnect":
            raise ClientGone
        pieces.append(message["body"])
        size += len(message["body"])
        if size > largest:
            raise RequestEntityTooLarge
        if not message.get("more_body"):
            return b"".join(pieces)


def parse(body: bytes) -> Body:
    """Raises RequestInvalid."""
    text = decoded(body)
    if not is_shallow(body) and (offset := too_deep(text)) is not None:
        raise not_json(offset, "Nested too deeply")
    try:
        # Without an escape there is neither U+0000 nor a lone surrogate, which UTF-8 cannot encode.
        return Body(_decode(text), ESCAPE not in body, len(body))
    except json.JSONDecodeError as error:
        raise not_json(error.pos, error.msg) from None
    except NotANumber:
        raise not_a_number(text) from None
    except ValueError:
        raise not_json(0, "Number with too many digits") from None


def decoded(body: bytes) -> str:
    """Raises RequestInvalid."""
    try:
        return body.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise not_json(error.start, _encoding_error(body)) from None


def _encoding_error(body: bytes) -> str:
    for mark, name in OTHER_ENCODINGS:
        if body.startswith(mark):
            return f"Encoded as {name}, not as UTF-8"
    return "Invalid UTF-8"


class NotANumber(Exception):
    """The text contains NaN or Infinity."""


def refuse_constant(_constant: str) -> NoReturn:
    """Raises NotANumber."""
    raise NotANumber


_decode: Final = json.JSONDecoder(parse_constant=refuse_constant).decode
"""Like `json.loads`, with a decoder that is created once."""


def not_a_number(text: str, before: int = 0) -> RequestInvalid:
    """`before` is the place of the text in the body."""
    constant = CONSTANT.match(text)
    return not_json(before + (constant.start(1) if constant else 0), "Not a JSON number")


def not_json(offset: int, reason: str) -> RequestInvalid:
    return RequestInvalid(
        [{"type": "json_invalid", "loc": ("body", offset), "msg": "JSON decode error", "ctx": {"error": reason}}]
    )

"""JSON bodies as FastAPI reads them, minus what JSON (RFC 8259) does not allow: NaN, Infinity, other encodings."""

import json
import re
from typing import Any, Final, NoReturn

from litestar import Request

from creatorvault.core.errors import FieldError, RequestInvalid

JSON_MEDIA_TYPE: Final = re.compile(r"application/(?:[\w!#$&^.+-]+\+)?json", re.IGNORECASE)
CONSTANT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)')
MISSING: Final[FieldError] = {"type": "missing", "loc": ("body",), "msg": "Field required"}
NOT_AN_OBJECT: Final[FieldError] = {
    "type": "model_attributes_type",
    "loc": ("body",),
    "msg": "Input should be a valid dictionary or object to extract fields from",
}


async def read_object(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Raises RequestInvalid when the body is missing, of another media type, not JSON or not an object."""
    body = await request.body()
    if not body:
        raise RequestInvalid([MISSING])
    declared = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if not JSON_MEDIA_TYPE.fullmatch(declared):
        raise RequestInvalid([NOT_AN_OBJECT])
    value = _parse(body)
    if not isinstance(value, dict):
        raise RequestInvalid([NOT_AN_OBJECT])
    return value


def _parse(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_json(error.start, "Invalid UTF-8") from None
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise _not_json(error.pos, error.msg) from None
    except _NotANumber:
        offset = next(found.start(1) for found in CONSTANT.finditer(text) if found[1])
        raise _not_json(offset, "Not a JSON number") from None
    except ValueError:
        raise _not_json(0, "Number with too many digits") from None
    except RecursionError:
        raise _not_json(0, "Nested too deeply") from None


class _NotANumber(Exception):
    pass


def _refuse(_constant: str) -> NoReturn:
    raise _NotANumber


def _not_json(offset: int, reason: str) -> RequestInvalid:
    return RequestInvalid(
        [{"type": "json_invalid", "loc": ("body", offset), "msg": "JSON decode error", "ctx": {"error": reason}}]
    )

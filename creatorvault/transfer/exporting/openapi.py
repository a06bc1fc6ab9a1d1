"""Descriptions and examples of exports for the OpenAPI document."""

from typing import Any, Final

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.headers import CONTENT_DISPOSITION
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.ideas.prose import IDEA
from creatorvault.tenants.errors import NothingStored, NotItsOwner, TenantSuspended
from creatorvault.transfer.exporting.errors import (
    ExportUnderWay,
    NoSuchMember,
    NotAcceptable,
    NotYourVault,
    OwnersMayNotExport,
    TooManyExports,
)

RECIPIENT: Final = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

FORMAT: Final[Prose] = {
    "format": (
        "`jsonl`: JSON lines, which can be imported again without any loss. `csv`: one flat file. `markdown`: a zip "
        "with a file for each idea.",
        "jsonl",
    )
}
QUERY: Final[Prose] = {
    **FORMAT,
    "recipient": (
        "Encrypts the file in the age format for this public key. May be repeated. A passphrase must not be in a URL: "
        "it is sent in the body of a POST.",
        RECIPIENT,
    ),
}
REQUEST: Final[Prose] = {
    **FORMAT,
    "recipients": ("Encrypts the file in the age format for these public keys.", [RECIPIENT]),
    "passphrase": ("Encrypts the file in the age format for this passphrase. It is not stored.", None),
}
MEMBER: Final[Prose] = {"user_id": ("The member, which is the subject of their token.", "user-2")}

REQUESTS: Final = {
    "Encrypted for a passphrase": {"format": "jsonl", "passphrase": "correct horse battery staple"},
    "Encrypted for a public key": {"format": "markdown", "recipients": [RECIPIENT]},
    "In the clear": {"format": "csv"},
}

_LINES: Final = (
    '{"type":"export","format":"creatorvault","version":1,"user_id":"user-1","exported_at":"2026-11-30T10:00:00Z"}\n'
    '{"type":"settings","retention_days":null}\n'
    '{"type":"end","ideas":0,"versions":0,"trashed":0}\n'
)
_BYTES: Final = {"type": "string", "contentMediaType": "application/octet-stream"}
CONTENT: Final[dict[str, Any]] = {
    "application/jsonl": {"schema": {"type": "string"}, "examples": {"An empty vault": {"value": _LINES}}},
    "text/csv": {
        "schema": {"type": "string"},
        "examples": {
            "An idea": {
                "value": '"type","number","id","title","notes","stage","priority","tags","due_date","created_at",'
                '"updated_at","deleted_at","replaced_at"\r\n'
                f'"idea","1","{IDEA["id"][1]}","Five breakfasts in five minutes","Ask Mia for her pancakes.","outline",'
                '"high","[""video"",""food""]",,"2026-11-22T21:10:00.123456Z","2026-11-22T21:10:00.123456Z",,\r\n'
            }
        },
    },
    "application/zip": {"schema": _BYTES, "examples": {"The beginning of a zip": {"value": "PK\u0003\u0004"}}},
    "application/octet-stream": {
        "schema": _BYTES,
        "examples": {"The beginning of an age file": {"value": "age-encryption.org/v1\n-> X25519 "}},
    },
}
EXPORTED: Final = DocumentedResponse(
    description="The export: JSON lines, CSV, a zip, or a file in the age format. A response that was cut off ends "
    "with a reset of the connection.",
    headers=(CONTENT_DISPOSITION,),
    content=CONTENT,
)
WRONG_FORMAT: Final = RequestInvalid(
    [
        {
            "type": "enum",
            "loc": ("query", "format"),
            "msg": "Input should be 'jsonl', 'csv' or 'markdown'",
            "input": "xlsx",
            "ctx": {"expected": "'jsonl', 'csv' or 'markdown'"},
        }
    ]
)
SHORT_PASSPHRASE: Final = RequestInvalid(
    [
        {
            "type": "string_too_short",
            "loc": ("body", "passphrase"),
            "msg": "String should have at least 12 characters",
            "ctx": {"min_length": 12},
        }
    ]
)

_REFUSED: Final = (TenantSuspended(), NotAcceptable(), ExportUnderWay(), TooManyExports())
EXPORT: Final = documents(EXPORTED, NotYourVault(), WRONG_FORMAT, *_REFUSED)
EXPORT_BY_POST: Final = documents(EXPORTED, NotYourVault(), SHORT_PASSPHRASE, *_REFUSED, request=REQUESTS)
EXPORT_MEMBER: Final = documents(
    EXPORTED, NotItsOwner(), OwnersMayNotExport(), NothingStored(), NoSuchMember(), WRONG_FORMAT, *_REFUSED
)

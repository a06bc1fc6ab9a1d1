"""Descriptions and examples of the import endpoints for the OpenAPI document."""

from typing import Any, Final
from uuid import UUID

from creatorvault.core.http.paging import LIMIT_TOO_HIGH, TOTAL, CursorInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.headers import LOCATION
from creatorvault.core.openapi.responses import DocumentedResponse, documents, malformed_id
from creatorvault.idempotency.errors import InFlight
from creatorvault.tenants.errors import QuotaExceeded, TenantSuspended
from creatorvault.transfer.importing.errors import (
    FileInvalid,
    FileTooLarge,
    ImportNotFound,
    NotYourImports,
    TooManyImports,
    UploadsBusy,
    UploadUnderWay,
)

IMPORT_ID: Final = UUID("0f4b6a52-9c1e-4d27-8a35-1d6e2b7c9f40")

OWNER: Final[Prose] = {"user_id": ("Owner of the vault, which is the subject of your token.", "user-1")}
ONE_IMPORT: Final[Prose] = {**OWNER, "import_id": ("Id of the import.", str(IMPORT_ID))}
QUERY: Final[Prose] = {
    "format": ("The format of the file; a file in another one is refused. `auto` recognises it.", "auto"),
    "preview": ("With `true`, nothing is stored: the response says what would be.", False),
}
FILE: Final = {
    "An export of CreatorVault": '{"type":"export","format":"creatorvault","version":1,"user_id":"user-1",…',
    "A CSV file": "title,tags,stage\nFive breakfasts in five minutes,video;food,outline\n",
    "A page of Markdown": "---\ntags: [video, food]\n---\n# Five breakfasts in five minutes\n",
}
MAPPING: Final[Prose] = {
    "source": ("Field of the file.", "list"),
    "field": ("Field of ideas that it becomes; null if ideas have no such field.", "stage"),
    "value": ("The value of the field that is meant; null means all.", "Doing"),
    "becomes": ("What this value becomes.", "draft"),
}
LOSS: Final[Prose] = {
    "kind": ("Machine-readable code.", "field_dropped"),
    "field": ("Field of the file, if it is about one.", "attachments"),
    "message": ("Human-readable message.", "Ideas have no attachments"),
    "times": ("Number of places where it happens.", 2),
    "count": ("Number of values, rows or characters that are lost.", 3),
    "examples": ("The first of these places.", ["card 7", "card 12"]),
}


def _example(prose: Prose) -> dict[str, Any]:
    return {name: value for name, (_, value) in prose.items()}


REPORTED: Final[Prose] = {
    "mappings": ("What becomes of the fields of the file.", [_example(MAPPING)]),
    "losses": ("Everything that does not arrive as it is in the file.", [_example(LOSS)]),
}
PROBLEM: Final[Prose] = {
    "code": ("Machine-readable code.", "quota_exceeded"),
    "message": ("Human-readable message.", "A quota is used up"),
    "where": ("Row, or name of the file in the archive, if it is about one.", None),
}
IMPORT: Final[Prose] = {
    "id": ("Permanent identifier.", str(IMPORT_ID)),
    "state": ("`waiting`, `running`, `finished` or `failed`.", "running"),
    "format": ("Format of the file.", "trello"),
    "file_bytes": ("Size of the file in bytes.", 48_211),
    "total": ("Number of ideas in the file, including those in its trash.", 1200),
    "done": ("Number of them that have been dealt with.", 1000),
    "stored": ("Number of ideas that were stored, including those in the trash.", 990),
    "trashed": ("Number of ideas that were stored in the trash.", 0),
    "versions": ("Number of earlier versions that were stored.", 0),
    "known": ("Number of ideas that the vault or its trash had already. They were left as they are.", 10),
    "expired": ("Number of deleted ideas that are older than the vault keeps them.", 0),
    "error": ("Why the import failed; what it has stored until then stays.", None),
    "created_at": ("Time at which the file was accepted, UTC.", "2026-11-30T12:00:00Z"),
    "finished_at": ("Time of its end, UTC; null before.", None),
    **REPORTED,
}
IMPORTS: Final[Prose] = {"items": ("The imports, newest first.", [_example(IMPORT)]), **TOTAL}
ALLOWANCE: Final[Prose] = {
    "allowed": ("Whether the quotas leave enough room for all new ideas.", True),
    "quota": ("The quota that does not.", None),
    "limit": ("Its limit, in ideas or bytes.", None),
}
PREVIEW: Final[Prose] = {
    "format": ("The recognised format.", "trello"),
    "ideas": ("Number of ideas in the file, without those in its trash.", 1200),
    "trashed": ("Number of ideas in its trash.", 0),
    "versions": ("Number of earlier versions.", 0),
    "new": ("Number of ideas that would be stored, including those in the trash.", 1190),
    "known": ("Number of ideas that the vault or its trash has already. They would be left as they are.", 10),
    "expired": ("Number of deleted ideas that are older than the vault keeps them.", 0),
    "sealed_bytes": ("Size of the ciphertexts that would be added, in bytes.", 1_300_000),
    "retention_days": (
        "How long the vault would keep earlier versions and deleted ideas. An export's own value is taken over by a "
        "vault that has not chosen.",
        30,
    ),
    "quotas": ("What the quotas allow.", _example(ALLOWANCE)),
    **REPORTED,
}

ACCEPTED: Final = DocumentedResponse(
    description="The file is stored, sealed, and a job will import it.",
    headers=(LOCATION,),
    examples={"Accepted": _example(IMPORT) | {"state": "waiting", "done": 0, "stored": 0, "known": 0}},
)
INVALID_FILE: Final = FileInvalid("zip_bomb", "The archive unpacks to far more than its size", "notes/huge.md")
NOT_FOUND: Final = ImportNotFound(IMPORT_ID)
LARGEST: Final = 64 * 2**20

REFUSALS: Final = (
    NotYourImports(),
    QuotaExceeded("vault_idea_quota", 1_000_000),
    TenantSuspended(),
    UploadUnderWay(),
    TooManyImports(5),
    InFlight(),
    FileTooLarge(LARGEST),
    INVALID_FILE,
    UploadsBusy(),
)
"""Of a file that is sent."""

READ: Final = documents(
    DocumentedResponse(description="The import."), NotYourImports(), NOT_FOUND, malformed_id("import_id")
)
LIST: Final = documents(
    DocumentedResponse(description="A page of imports."), NotYourImports(), LIMIT_TOO_HIGH, CursorInvalid()
)
CANCEL: Final = documents(
    DocumentedResponse(description="The import is cancelled and forgotten."),
    NotYourImports(),
    NOT_FOUND,
    malformed_id("import_id"),
)

"""Errors of moving in. A request that fails with one of them has stored nothing."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from uuid import UUID

from creatorvault.core.errors import (
    CreatorVaultError,
    Forbidden,
    NotFound,
    RequestInvalid,
    ServiceUnavailable,
    TooLarge,
)
from creatorvault.transfer.formats.imported import FileRefused

MULTIPART_INVALID: Final = "multipart_invalid"
ANOTHER_FORMAT: Final = "another_format"


class NotYourImports(Forbidden):
    """The user in the path is not the subject of the token."""

    code = "not_owner"

    def __init__(self) -> None:
        super().__init__("Cannot access other users' imports")


class ImportNotFound(NotFound):
    """The same error for an import that does not exist and for one of another user."""

    code = "import_not_found"

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"Import {import_id} not found")


class FileTooLarge(TooLarge):
    code = "file_too_large"

    def __init__(self, largest: int) -> None:
        super().__init__(f"The file may have {largest} bytes (transfer.import_bytes)")


class ImportConflict(CreatorVaultError):
    """The creator has to wait, or to cancel something."""

    status = HTTPStatus.CONFLICT
    code = "import_conflict"


class UploadUnderWay(ImportConflict):
    code = "upload_under_way"

    def __init__(self) -> None:
        super().__init__("Another file of yours is being received; send one after the other")

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}


class TooManyImports(ImportConflict):
    code = "too_many_imports"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} imports of yours are not finished; wait for one, or cancel it")

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "60"}


class UploadsBusy(ServiceUnavailable):
    code = "uploads_busy"

    def __init__(self) -> None:
        super().__init__("The service is receiving as many files as it can; try again in a moment", retry_after=10)


class FileInvalid(RequestInvalid):
    """`where` is the row, or the name of the file in an archive."""

    code = "file_invalid"

    def __init__(self, code: str, message: str, where: str | None = None) -> None:
        place = () if where is None else (where,)
        super().__init__([{"type": code, "loc": ("body", "file", *place), "msg": message}])


def refused(error: FileRefused) -> FileInvalid:
    return FileInvalid(error.code, error.message, error.where)

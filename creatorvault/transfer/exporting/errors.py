"""Errors of exports. All of them are raised before anything is sent."""

from http import HTTPStatus
from typing import Final

from creatorvault.core.errors import CreatorVaultError, Forbidden, NotFound, ServiceUnavailable, TooManyRequests

RETRY_SECONDS: Final = 10


class NotYourVault(Forbidden):
    """The user in the path is not the subject of the token."""

    code = "not_owner"

    def __init__(self) -> None:
        super().__init__("Cannot export other users' ideas")


class OwnersMayNotExport(Forbidden):
    """The tenant's setting `owner_export` is off, as it is by default."""

    code = "export_not_allowed"

    def __init__(self) -> None:
        super().__init__("Owners of this organization may not export the vaults of its members")


class NoSuchMember(NotFound):
    code = "member_not_found"

    def __init__(self) -> None:
        super().__init__("Nobody of this name has stored anything in this tenant")


class NotAcceptable(CreatorVaultError):
    """No coding that the client accepts is available (RFC 9110 §15.5.7)."""

    status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"

    def __init__(self) -> None:
        super().__init__("Accept-Encoding excludes both gzip and identity")


class ExportUnderWay(TooManyRequests):
    """The caller has an export that has not ended yet."""

    code = "export_under_way"

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS)
        self.detail = f"Another export of yours is under way: try again in {RETRY_SECONDS} seconds"


class TooManyExports(ServiceUnavailable):
    """The process has as many exports under way as `transfer.exports_at_once` allows."""

    code = "exports_busy"

    def __init__(self) -> None:
        super().__init__("Too many exports are under way", retry_after=RETRY_SECONDS)

"""Errors of delta sync."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar, Final

from creatorvault.core.errors import CreatorVaultError, RequestInvalid

RESYNC: Final = "Changes since this token are not known any more: begin anew without `since`, and drop what is not sent"
WRONG_TOKEN: Final = "This is not a token that this vault has sent: begin anew without `since`"  # noqa: S105 - a sentence


class ResyncRequired(CreatorVaultError):
    """Tombstones after the token are gone, or the vault has another history than the one that the token belongs to."""

    status = HTTPStatus.GONE
    code: ClassVar[str] = "resync_required"

    def __init__(self) -> None:
        super().__init__(RESYNC)

    def members(self) -> Mapping[str, object]:
        return {"code": self.code}


class SinceInvalid(RequestInvalid):
    """Not a token of this vault: it is for another creator or tenant, or altered. The error does not reveal which."""

    def __init__(self) -> None:
        super().__init__([{"type": "value_error", "loc": ("query", "since"), "msg": WRONG_TOKEN}])

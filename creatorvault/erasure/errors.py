"""Errors of erasing a vault. A request that fails with one of them has destroyed nothing."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from creatorvault.core.errors import CreatorVaultError, Forbidden, NotFound, ServiceUnavailable, Unauthorized

HEADER = "Erasure-Confirmation"


class TokenTooOld(Unauthorized):
    """The token was issued too long ago for a confirmation (RFC 9470, step-up authentication)."""

    code = "token_too_old"

    def __init__(self, most_seconds: int) -> None:
        super().__init__(
            f"This needs a newer token: one that was issued within the last {most_seconds} seconds. Nothing was erased"
        )
        self._most_seconds = most_seconds

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": f'Bearer error="insufficient_user_authentication", max_age="{self._most_seconds}"'}


class NothingToErase(NotFound):
    code = "nothing_stored"

    def __init__(self) -> None:
        super().__init__("Nothing is stored in this vault yet")


class NoErasure(NotFound):
    code = "erasure_not_found"

    def __init__(self) -> None:
        super().__init__("There is no erasure of this vault")


class VaultConflict(CreatorVaultError):
    """The state of the vault does not permit the operation."""

    status = HTTPStatus.CONFLICT
    code = "vault_conflict"


class NothingWaits(VaultConflict):
    """There is no operator's request to confirm or to withdraw."""

    code = "no_erasure_waits"

    def __init__(self) -> None:
        super().__init__("No erasure of this vault waits")


class NotConfirmed(Forbidden):
    """The confirmation is wrong, or there is nothing to confirm."""

    code = "wrong_confirmation"

    def __init__(self) -> None:
        super().__init__("This is not the confirmation of an erasure of this vault")


class AnotherPersonNeeded(Forbidden):
    """Whoever asked for the erasure cannot confirm it (`admin.erasure_by_two`). Nothing was erased."""

    code = "another_person_needed"

    def __init__(self) -> None:
        super().__init__("The erasure has to be confirmed by another person than who asked for it")


class ConfirmationExpired(Forbidden):
    code = "confirmation_expired"
    request_header = HEADER

    def __init__(self) -> None:
        super().__init__("The confirmation has expired; ask for the erasure again")


class NotYet(VaultConflict):
    """The erasure cannot be confirmed yet."""

    code = "too_early"

    def __init__(self, not_before: datetime) -> None:
        super().__init__(f"The erasure can be confirmed from {not_before:%Y-%m-%dT%H:%M:%SZ} on")


class ReceiptKeyMissing(ServiceUnavailable):
    """No key signs receipts: erasures wait at their last step until `creatorvault database upgrade` makes one."""


class StillListed(Exception):
    """The vault is in the roster of living vaults: its erasure has not been committed there."""


class ReceiptInvalid(ValueError):
    """The receipt does not verify; the text says why."""

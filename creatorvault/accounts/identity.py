"""The caller, as described by a verified token."""

from datetime import datetime

from msgspec import Struct

from creatorvault.core.identifiers import UserId


class Identity(Struct, frozen=True, kw_only=True):
    """`subject` identifies a user within `realm`: issuers of one realm share their users.

    `org_id` is set only together with a non-empty `org_roles`. Roles are compared exactly, including case.
    """

    realm: str
    issuer: str
    subject: UserId
    email: str | None
    name: str | None
    roles: tuple[str, ...]
    org_id: str | None
    org_roles: tuple[str, ...]
    is_admin: bool
    issued_at: datetime
    expires_at: datetime

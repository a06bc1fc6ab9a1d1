"""Who is calling, as far as a verified token says."""

from datetime import datetime

from msgspec import Struct

from creatorvault.core.identifiers import UserId


class Identity(Struct, frozen=True, kw_only=True):
    """`subject` means one person within `realm`: issuers of one realm speak for the same users.

    `org_id` is set only together with a non-empty `org_roles`. Roles compare exactly, case included.
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
    expires_at: datetime

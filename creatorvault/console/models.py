"""Sessions of the console, and refused sign-ins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class ConsoleSession(SQLModel, table=True):
    """`id` is the SHA-256 of the cookie's value. `client` is a hash of the client's address and browser, which only the
    cookie's value computes. Somebody who signed in with a token has no `operator_id`; the `token` is sealed under a key
    from the cookie's value.
    """

    __tablename__ = "console_sessions"
    __table_args__ = (Index("console_sessions_by_actor", "actor"),)

    id: bytes = Field(primary_key=True)
    actor: str = Field(sa_type=Text)
    operator_id: UUID | None = Field(foreign_key="operators.id", ondelete="CASCADE")
    client: bytes
    authenticated_at: datetime
    expires_at: datetime
    token: bytes | None = None


class ConsoleRefusal(SQLModel, table=True):
    """How many sign-ins from an address, of which this is a pseudonym, were refused since the first of them."""

    __tablename__ = "console_refusals"
    __table_args__ = (Index("console_refusals_by_age", "since"),)

    address: bytes = Field(primary_key=True)
    since: datetime
    failures: int

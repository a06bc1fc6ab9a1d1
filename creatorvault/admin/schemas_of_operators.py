"""Request and response schemas of the admin API's operators."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Self
from uuid import UUID

import msgspec
from pydantic import Field

from creatorvault.admin import openapi_of_operators
from creatorvault.admin.models import Operator, OperatorState
from creatorvault.admin.schemas import Name
from creatorvault.admin.scopes import Scope
from creatorvault.core.http.paging import TOTAL, ListQuery, PageQuery
from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.ideas.fields import AnyUuid

MOST_DAYS: Final = 36_500


class OperatorPath(RequestModel):
    described = openapi_of_operators.ONE_OPERATOR

    operator_id: AnyUuid


class OperatorCreate(RequestModel):
    """A new operator. Without `expires_in_days` its key does not expire."""

    described = openapi_of_operators.NEW

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None


class OperatorFilters(PageQuery):
    state: OperatorState | None = None


class OperatorQuery(ListQuery, OperatorFilters):
    """Filters of the list of operators. The newest come first."""

    described = openapi_of_operators.QUERY

    q: str | None = None


class OperatorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An operator, without the key."""

    described: ClassVar[Prose] = openapi_of_operators.OPERATOR

    operator_id: UUID
    name: str
    key_id: str
    state: OperatorState
    scopes: list[Scope]
    appointed_by: str | None
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None

    @classmethod
    def of(cls, operator: Operator, **more: str) -> Self:
        """`more` are fields that only a subclass has. A scope that only a later version knows is left out."""
        # The driver returns PostgreSQL's infinity as the maximum datetime, without a time zone.
        expires_at = None if operator.expires_at is None else operator.expires_at.replace(tzinfo=UTC)
        return cls(
            operator_id=operator.id,
            name=operator.name,
            key_id=operator.key_id,
            state=operator.state(datetime.now(UTC)),
            scopes=[scope for scope in Scope if scope in operator.scopes],
            appointed_by=operator.appointed_by,
            created_at=operator.created_at,
            expires_at=expires_at,
            revoked_at=operator.revoked_at,
            **more,
        )


class OperatorCreated(OperatorResponse, frozen=True, kw_only=True):
    """A new operator. The key is shown only once."""

    described: ClassVar[Prose] = openapi_of_operators.CREATED

    key: str


class OperatorList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of operators."""

    described: ClassVar[Prose] = {
        "items": ("The operators.", [{name: value for name, (_, value) in openapi_of_operators.OPERATOR.items()}]),
        **TOTAL,
    }

    items: list[OperatorResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET

"""Records events in the transaction of the action itself, so that neither is stored without the other."""

import hmac
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from litestar.types import HTTPScope

from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.chain import digest
from creatorvault.audit.models import AuditEvent, AuditHead
from creatorvault.audit.repositories import AuditEventRepository, AuditRepository, EventPlace
from creatorvault.audit.schemas import AuditEventList, AuditEventResponse, AuditQuery
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.http.paging import ListQuery, Page
from creatorvault.core.http.schemas import response_of
from creatorvault.core.identifiers import TenantId
from creatorvault.core.limits.client_addresses import ClientAddresses
from creatorvault.crypto.cursors import Cursors
from creatorvault.crypto.providers.protocol import RootKeyProvider
from creatorvault.settings.sections import LimitsSettings

PSEUDONYM_DIGITS: Final = 16
COMMAND: Final = "command"
"""The actor of commands."""

_places: Final = msgspec.json.Decoder(EventPlace)


class AuditLog:
    """One per process."""

    def __init__(self, provider: RootKeyProvider, limits: LimitsSettings) -> None:
        self.keys = AuditKeys(provider)
        self._addresses = ClientAddresses(limits.trusted_proxies)

    def recorder(self, actor: str, scope: HTTPScope | None = None) -> "AuditRecorder":
        """`actor` is `user:<realm>/<subject>`, `operator:<id>`, `service` or `command`. Tenants can read it,
        so it contains no part of a key.
        """
        return AuditRecorder(self, actor, scope)

    async def pseudonym(self, session: ReadSession, scope: HTTPScope | None, now: datetime) -> str | None:
        """The client's address as it is written down: the same one all day, and nobody can tell whose."""
        if scope is None:
            return None
        key = await self.keys.addresses(session, now.date().isoformat())
        return hmac.digest(key, self._addresses.bucket(scope).encode(), "sha256").hex()[:PSEUDONYM_DIGITS]


class AuditRecorder:
    """Records the actions of one actor from one address."""

    def __init__(self, log: AuditLog, actor: str, scope: HTTPScope | None) -> None:
        self._log = log
        self.actor = actor
        self._scope = scope

    async def record(
        self, session: WriteSession, tenant_id: TenantId, verb: str, *, outcome: str = "done", **targets: str
    ) -> AuditHead:
        """Returns the head of the chain, which is the event. The tenant must be visible to the transaction. `targets`
        are ids and numbers, never content.

        Other transactions that record events of this tenant wait for this one to end.
        """
        key = await self._log.keys.chain(session)
        repository = AuditRepository(session, tenant_id)
        now = datetime.now(UTC)
        address = await self._log.pseudonym(session, self._scope, now)
        head = await repository.locked_head()
        event = AuditEvent(
            tenant_id=tenant_id,
            sequence=head.sequence + 1,
            happened_at=now,
            actor=self.actor,
            verb=verb,
            targets=targets,
            address=address,
            outcome=outcome,
            previous=head.digest,
            digest=b"",
        )
        event.digest = digest(key, event, head.digest)
        await repository.append(head, event)
        return head


class EventLists:
    """Pages of events, of one snapshot. `tenant_id` is None for the events of all tenants.

    Every method raises CursorInvalid and, if the query has a cursor, as `AuditKeys.chain`.
    """

    def __init__(self, session: ReadSession, keys: AuditKeys, tenant_id: UUID | None) -> None:
        self._session = session
        self._keys = keys
        self._repository = AuditEventRepository(session, tenant_id)
        self._scope = () if tenant_id is None else (tenant_id.bytes,)

    async def page(self, query: AuditQuery) -> AuditEventList:
        cursors = await self._cursors(query, "events")
        return _event_list(cursors.page(*await self._repository.page(query, cursors.place()), _place), query)

    async def page_about(self, user_id: str, query: ListQuery) -> AuditEventList:
        """Only events that name the user as their target."""
        cursors = await self._cursors(query, "events-about", user_id.encode())
        found = await self._repository.page_about(user_id, query, cursors.place())
        return _event_list(cursors.page(*found, _place), query)

    async def _cursors(self, query: ListQuery, name: str, *scope: bytes) -> Cursors[EventPlace]:
        return await self._keys.cursors(self._session, query, _places, name, *self._scope, *scope)


def _place(event: AuditEvent) -> EventPlace:
    return EventPlace(event.happened_at, event.tenant_id, event.sequence)


def _event_list(page: Page[AuditEvent], query: ListQuery) -> AuditEventList:
    return AuditEventList(
        items=[response_of(AuditEventResponse, event) for event in page.rows],
        **page.fields(query),
    )

"""How a handler comes by its service: whose ideas, one transaction, the vault opened in it."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.di import NamedDependency

from creatorvault.accounts.identity import Identity
from creatorvault.core.preconditions import Precondition
from creatorvault.core.validation import Received
from creatorvault.idempotency.errors import HEADER
from creatorvault.idempotency.services import Once
from creatorvault.ideas.errors import NotYourIdeas
from creatorvault.ideas.repositories import IdeaRepository
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.ideas.services import IdeaReadingService, IdeaWritingService
from creatorvault.tenants.derivation import tenant_kind, vault_id
from creatorvault.tenants.services import VaultService

IdeasRequest = Request[Identity, Any, Any]


async def provide_reading(
    request: IdeasRequest, received: NamedDependency[Received]
) -> AsyncGenerator[IdeaReadingService]:
    identity, state = _owner(request, received), request.app.state
    vault_key = vault_id(identity)
    async with state.database.reading() as session:
        vault = await VaultService(session, vault_key, state.keyring, state.settings.database).open()
        yield IdeaReadingService(IdeaRepository(session, vault_key), vault, state.corpora)


async def provide_writing(
    request: IdeasRequest, received: NamedDependency[Received]
) -> AsyncGenerator[IdeaWritingService]:
    """Commits when the handler has returned and its answer is encoded, before the answer leaves."""
    identity, state = _owner(request, received), request.app.state
    vault_key = vault_id(identity)
    async with state.database.writing() as session:
        once = await Once.claimed(session, vault_key, request.headers.get(HEADER)) if request.method == "POST" else None
        service = VaultService(session, vault_key, state.keyring, state.settings.database)
        vault = await service.open_locked(tenant_kind(identity))
        yield IdeaWritingService(IdeaRepository(session, vault_key), vault, Precondition(request), once)


def _owner(request: IdeasRequest, received: Received) -> Identity:
    """Raises NotYourIdeas when the path names another user than the token."""
    if received.path(OwnerPath).user_id != request.user.subject:
        raise NotYourIdeas(request.method)
    return request.user
